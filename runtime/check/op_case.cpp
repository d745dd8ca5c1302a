#include "runtime/check/op_case.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "runtime/catalogue/rounding.h"
#include "runtime/check/block_case.h"
#include "runtime/check/case_words.h"
#include "runtime/check/draw_case.h"
#include "runtime/check/fused_case.h"

namespace rwkvk::check {

uint64_t Random::next() {  // SplitMix64
    uint64_t x = state_ += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

float Random::number(int low, int high) {
    const uint64_t bits = next();
    const auto exponent = static_cast<uint32_t>(
        127 + low + static_cast<int>((bits >> 32) % static_cast<uint32_t>(high - low + 1)));
    return std::bit_cast<float>(static_cast<uint32_t>(bits & 0x80000000u) | exponent << 23 |
                                static_cast<uint32_t>(bits & 0x7fffffu));
}

namespace {

using Words = std::vector<uint32_t>;

/// Makes the cases of one op; a method per op.
class Maker {
  public:
    Maker(CaseSet set, uint64_t seed) : full_(set == CaseSet::full), random_(seed) {}

    std::vector<OpCase> make(Op op) {
        switch (op) {
            case Op::embed:
            case Op::embed_add:
                each_matrix({{9, 40}, {33, 7}}, op, [&](auto m) { embed(std::move(m), op); });
                break;
            case Op::norm:
            case Op::rms_norm:
                norm(op);
                break;
            case Op::shift_mix:
                shift_mix();
                break;
            case Op::shift_mix6:
                shift_mix6();
                break;
            case Op::linear:
                linear();
                break;
            case Op::round:
                return round_cases(set(), random_);
            case Op::linear_blocks:
                return linear_blocks_cases(set(), random_);
            case Op::activate:
                activate();
                break;
            case Op::lerp:
                elements(op, {true, true, true});
                break;
            case Op::mul:
            case Op::mul_rest:
            case Op::add:
                elements(op, {true, true});
                break;
            case Op::key_mix:
                elements(op, {true, true, false});
                break;
            case Op::l2norm:
                heads(op, 1, 1);
                break;
            case Op::bonus:
                heads(op, 4, 1);
                break;
            case Op::wkv6:
                wkv6();
                break;
            case Op::gla:
                gla();
                break;
            case Op::repeat_heads:
                repeat_heads();
                break;
            case Op::wkv7:
                wkv7();
                break;
            case Op::row_matrix:
                row_matrix();
                break;
            case Op::wkv4:
                wkv4();
                break;
            case Op::take_rows:
                take_rows();
                break;
            case Op::norm_mix:
                return norm_mix_cases(set(), random_);
            case Op::take_norm:
                return take_norm_cases(set(), random_);
            case Op::linear_mix:
            case Op::blocks_mix:
                return product_mix_cases(op, set(), random_);
            case Op::mul_add:
                elements(op, {true, true, true});
                break;
            case Op::head4:
                return head4_cases(set(), random_);
            case Op::head6:
                return head6_cases(set(), random_);
            case Op::head7:
                return head7_cases(set(), random_);
            case Op::embed_mix:
                return embed_mix_cases(set(), random_);
            case Op::head7_up:
                return head7_up_cases(set(), random_);
            case Op::edit_logits:
                return edit_logits_cases(set(), random_);
            case Op::draw:
                return draw_cases(set(), random_);
            case Op::arithmetic:
                arithmetic();
                break;
            case Op::read_sum:
                read_sum();
                break;
        }
        return std::move(cases_);
    }

  private:
    CaseSet set() const { return full_ ? CaseSet::full : CaseSet::quick; }

    struct Shape {
        uint32_t rows, width;
    };
    std::vector<Shape> shapes() const {
        if (!full_) return {{3, 70}};
        return {{1, 1}, {1, 64}, {2, 33}, {5, 96}, {3, 257}, {17, 100}};
    }

    Words numbers(uint64_t count, int low = -12, int high = 11) {
        return check::numbers(random_, count, low, high);
    }
    Words zeros(uint64_t count) { return Words(count, 0); }

    void add(Op op, const Params& params, std::vector<Words> slots, std::string description,
             std::optional<OpCase::Matrix> matrix = std::nullopt) {
        RWKVK_ASSERT(slots.size() == info(op).slots.size());
        cases_.push_back(
            {op, params, std::move(slots), std::move(matrix), concat(info(op).name, " ", description)});
    }

    template <typename Body>
    void each_matrix(const std::vector<std::pair<uint32_t, uint32_t>>& sizes, Op op, const Body& body) {
        for (size_t f = 0; f < all_weights().size(); ++f) {
            if (op == Op::linear && in_blocks(static_cast<WeightFormat>(f))) continue;
            for (const auto& [out, in] : sizes) {
                const uint32_t block = all_weights()[f].block_elements;
                body(random_matrix(random_, out, (in + block - 1) / block * block,
                                   static_cast<WeightFormat>(f)));
                if (!full_) break;
            }
        }
    }

    void embed(OpCase::Matrix m, Op op) {
        const uint32_t rows = 6;
        Words ids(rows);
        for (uint32_t& id : ids) id = random_.below(m.out);
        ids[2] = NONE;
        const EmbedParams params{rows, m.in, 0, m.out, 1};
        add(op, params, {ids, numbers(uint64_t{rows} * m.in), {}, zeros(uint64_t{rows} * m.in)},
            concat(m.out, "x", m.in, " ", info(m.format).name), m);
    }

    void norm(Op op) {
        struct Size {
            uint32_t rows, groups, width;
        };
        const std::vector<Size> sizes =
            full_ ? std::vector<Size>{{1, 1, 768}, {3, 2, 32}, {2, 3, 100}, {5, 1, 7}, {2, 1, 2560}}
                  : std::vector<Size>{{2, 2, 100}};
        for (const auto& [rows, groups, width] : sizes) {
            const uint64_t n = uint64_t{groups} * width;
            // The small numbers have a variance near eps.
            for (const int high : {11, -8}) {
                std::vector<Words> slots = {numbers(rows * n, -12, high), numbers(n, -2, 1)};
                if (op == Op::norm) slots.push_back(numbers(n, -3, 0));
                slots.push_back(zeros(rows * n));
                add(op, NormParams{rows, groups, width, 1e-5f, 1.0f / static_cast<float>(width)},
                    std::move(slots),
                    concat(rows, " rows, ", groups, " groups of ", width, ", exponents to ", high));
            }
        }
    }

    void shift_mix() {
        for (const auto& [rows, width] : shapes()) {
            for (const uint32_t planes : {1u, 6u}) {
                const uint64_t n = uint64_t{rows} * width;
                const uint32_t stride = plane_stride(n);
                add(Op::shift_mix, ShiftMixParams{rows, width, planes, stride},
                    {numbers(n), shift_entries(rows), numbers(uint64_t{planes} * width, -4, 0),
                     numbers(uint64_t{4} * width), planes_of(planes, stride, n)},
                    concat(rows, "x", width, ", ", planes, " planes"));
            }
        }
    }

    void shift_mix6() {
        for (const auto& [rows, width] : shapes()) {
            const uint64_t n = uint64_t{rows} * width;
            const uint32_t planes = 5, stride = plane_stride(n);
            std::vector<Words> slots = {numbers(n), shift_entries(rows),
                                        numbers(uint64_t{planes} * width, -4, 0)};
            for (uint32_t plane = 0; plane < planes; ++plane) slots.push_back(numbers(n, -12, 0));
            slots.push_back(numbers(uint64_t{4} * width));
            slots.push_back(planes_of(planes, stride, n));
            add(Op::shift_mix6, ShiftMixParams{rows, width, planes, stride}, std::move(slots),
                concat(rows, "x", width));
        }
    }

    void linear() {
        const std::vector<std::pair<uint32_t, uint32_t>> sizes =
            full_ ? std::vector<std::pair<uint32_t, uint32_t>>{{70, 96},    {33, 768}, {1, 32},   {40, 8},
                                                               {100, 1100}, {37, 45},  {64, 2560}}
                  : std::vector<std::pair<uint32_t, uint32_t>>{{37, 1100}};
        each_matrix(sizes, Op::linear, [&](const OpCase::Matrix& m) {
            // Every activation, with one row and with several.
            for (const uint32_t rows : {1u, 2u, 4u, 9u, 5u, many_rows(m.in)})
                product(m, rows, product_activations[next_activation_++ % std::size(product_activations)]);
        });
        // Kernels that make many rows at once see all activations, too.
        each_matrix({{37, 96}}, Op::linear, [&](const OpCase::Matrix& m) {
            for (const uint32_t activation : product_activations) product(m, 9, activation);
        });
    }

    void product(const OpCase::Matrix& m, uint32_t rows, uint32_t activation) {
        // Sums small enough for the activations that saturate.
        const int high = activation == ACT_NONE || activation == ACT_RELU2 ? 11 : -4;
        const uint32_t addend = next_addend_++ % ADD_KINDS;
        add(Op::linear, LinearParams{rows, m.in, m.out, 0, m.out, activation, addend},
            {numbers(uint64_t{rows} * m.in, -16, high),
             {},
             random_addend(random_, addend, rows, m.out),
             zeros(uint64_t{rows} * m.out)},
            concat(rows, " rows, ", m.out, "x", m.in, " ", info(m.format).name, ", activation ", activation,
                   ", addend ", addend),
            m);
    }

    void activate() {
        for (const auto& [rows, width] : shapes()) {
            for (const uint32_t activation :
                 {ACT_NONE, ACT_TANH, ACT_SIGMOID, ACT_RELU2, ACT_DECAY7, ACT_SILU, ACT_DECAY6}) {
                const uint64_t n = uint64_t{rows} * width;
                add(Op::activate, ActivateParams{rows, width, activation},
                    {numbers(n, -20, 5), numbers(width, -12, 2), zeros(n)},
                    concat(rows, "x", width, ", activation ", activation));
            }
        }
    }

    /// `per_row[i]`: whether input i has a row per row, or one for all.
    void elements(Op op, const std::vector<bool>& per_row) {
        for (const auto& [rows, width] : shapes()) {
            std::vector<Words> slots;
            for (const bool all : per_row) slots.push_back(numbers(uint64_t{all ? rows : 1} * width));
            slots.push_back(zeros(uint64_t{rows} * width));
            add(op, ElementParams{rows, width}, std::move(slots), concat(rows, "x", width));
        }
    }

    /// `inputs` of one row per row, then `vectors` for all rows.
    void heads(Op op, uint32_t inputs, uint32_t vectors) {
        const std::vector<HeadParams> sizes =
            full_ ? std::vector<HeadParams>{{1, 1, 64}, {3, 2, 32}, {2, 5, 20}, {1, 40, 64}}
                  : std::vector<HeadParams>{{2, 3, 64}};
        for (const HeadParams& p : sizes) {
            const uint64_t n = uint64_t{p.heads} * p.head_size;
            std::vector<Words> slots;
            for (uint32_t i = 0; i < inputs; ++i) slots.push_back(numbers(p.rows * n));
            for (uint32_t i = 0; i < vectors; ++i) slots.push_back(numbers(n, -3, 1));
            slots.push_back(zeros(p.rows * n));
            // A vector that has no direction, beside some that have.
            if (op == Op::l2norm && p.heads > 1) std::fill_n(slots[0].begin(), p.head_size, 0);
            add(op, p, std::move(slots), concat(p.rows, " rows, ", p.heads, " heads of ", p.head_size));
        }
    }

    /// Exponents as they are, and at the ends: far apart, equal maxima, states before the first token.
    void wkv4() {
        struct Size {
            uint32_t width;
            std::vector<uint32_t> lengths;
        };
        const std::vector<Size> sizes =
            full_ ? std::vector<Size>{{1, {1}}, {33, {3, 1, 0, 2}}, {100, {2, 2}}, {257, {1, 9}}}
                  : std::vector<Size>{{70, {4, 1}}};
        for (const auto& [width, lengths] : sizes) {
            for (const int high : {-1, 2, 6}) {
                const auto entries = static_cast<uint32_t>(lengths.size());
                const uint64_t n = uint64_t{std::accumulate(lengths.begin(), lengths.end(), 0u)} * width;
                Words k = numbers(n, -12, high), decay = numbers(width, -12, high);
                for (uint32_t& word : decay) word |= 0x80000000u;
                Words first = numbers(width, -4, high),
                      maximum = numbers(uint64_t{entries} * width, -4, high);
                Words denominator = numbers(uint64_t{entries} * width, 0, 12);
                for (uint32_t& word : denominator) word &= 0x7fffffffu;
                Words numerator = numbers(uint64_t{entries} * width, -12, 11);
                const Words sequences = sequence_table(lengths);
                for (uint32_t entry = 0; entry < entries; ++entry) {
                    const uint32_t *sequence = &sequences[entry * 4], length = sequence[1];
                    const uint64_t row = uint64_t{sequence[0]} * width, at = uint64_t{sequence[2]} * width;
                    for (uint32_t i = 0; i < width && length > 0; i += 3) {
                        first[i] = decay[i] = 0;
                        const bool begun = i % 2 == 1;  // then every maximum equals the new exponent
                        maximum[at + i] = begun ? k[row + i] : std::bit_cast<uint32_t>(-1e30f);
                        if (!begun) numerator[at + i] = denominator[at + i] = 0;
                        if (begun && length > 1) k[row + width + i] = k[row + i];
                    }
                }
                add(Op::wkv4, ElementParams{entries, width},
                    {sequences, k, numbers(n, -12, 11), decay, first, numerator, denominator, maximum,
                     zeros(n)},
                    concat(entries, " sequences of ", width, " channels, exponents to 2^", high + 1));
            }
        }
    }

    /// From 1/8 to 1, and some that are exactly 0 or 1.
    Words decays(uint64_t count) {
        Words decay = numbers(count, -3, -1);
        for (uint32_t& word : decay) word &= 0x7fffffffu;
        for (uint64_t i = 0; i < decay.size(); i += 5) decay[i] = i % 2 ? 0 : std::bit_cast<uint32_t>(1.0f);
        return decay;
    }

    /// Decays of each token, or the same for all.
    void wkv6() {
        for (const auto& [heads, size, lengths] : head_sizes(set())) {
            for (const bool per_token : {true, false}) {
                const uint32_t rows = std::accumulate(lengths.begin(), lengths.end(), 0u);
                const auto entries = static_cast<uint32_t>(lengths.size());
                const uint32_t width = heads * size;
                const uint64_t n = uint64_t{rows} * width;
                const Words decay = decays(per_token ? n : width);
                add(Op::wkv6, Wkv6Params{entries, heads, size, width, per_token ? width : 0},
                    {sequence_table(lengths), numbers(n, -6, 3), decay, numbers(n, -6, 3), numbers(n, -6, 3),
                     numbers(width, -6, 1), numbers(uint64_t{entries} * width * size, -12, 4), zeros(n)},
                    concat(entries, " sequences, ", heads, " heads of ", size,
                           per_token ? "" : ", the same decays for all tokens"));
            }
        }
    }

    void gla() {
        for (const auto& [heads, size, lengths] : head_sizes(set(), 128)) {
            const uint32_t rows = std::accumulate(lengths.begin(), lengths.end(), 0u);
            const auto entries = static_cast<uint32_t>(lengths.size());
            const uint32_t width = heads * size;
            const uint64_t n = uint64_t{rows} * width;
            const Words decay = decays(n);
            const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(size)));
            add(Op::gla, GlaParams{entries, heads, size, width, scale},
                {sequence_table(lengths), numbers(n, -6, 3), decay, numbers(n, -6, 3), numbers(n, -6, 3),
                 numbers(uint64_t{entries} * width * size, -12, 4), zeros(n)},
                concat(entries, " sequences, ", heads, " heads of ", size));
        }
    }

    void repeat_heads() {
        const std::vector<RepeatParams> sizes =
            full_ ? std::vector<RepeatParams>{{1, 64, 64, 1}, {3, 60, 10, 3}, {2, 512, 64, 4}, {5, 7, 1, 7}}
                  : std::vector<RepeatParams>{{3, 120, 20, 2}};
        for (const RepeatParams& p : sizes) {
            add(Op::repeat_heads, p,
                {numbers(uint64_t{p.rows} * (p.width / p.repeat)), zeros(uint64_t{p.rows} * p.width)},
                concat(p.rows, "x", p.width, ", ", p.repeat, " times heads of ", p.head_size));
        }
    }

    void wkv7() {
        for (const auto& [heads, size, lengths] : head_sizes(set())) {
            uint32_t rows = 0;
            for (const uint32_t length : lengths) rows += length;
            const auto entries = static_cast<uint32_t>(lengths.size());
            const uint32_t width = heads * size;
            const uint64_t n = uint64_t{rows} * width;
            add(Op::wkv7, Wkv7Params{entries, heads, size, width},
                {sequence_table(lengths), numbers(n, -6, 3), numbers(n, -2, -1), numbers(n, -6, 3),
                 numbers(n, -6, 3), numbers(n, -6, -1), numbers(n, -6, -1),
                 numbers(uint64_t{entries} * width * size, -12, 4), zeros(n)},
                concat(entries, " sequences, ", heads, " heads of ", size));
        }
    }

    void row_matrix() {
        const std::vector<RowMatrixParams> sizes =
            full_
                ? std::vector<RowMatrixParams>{{1, 1, 1}, {3, 32, 32}, {2, 20, 33}, {5, 7, 64}, {1, 300, 40}}
                : std::vector<RowMatrixParams>{{2, 40, 33}};
        for (const RowMatrixParams& p : sizes) {
            add(Op::row_matrix, p,
                {numbers(uint64_t{p.rows} * p.in_width), numbers(uint64_t{p.rows} * p.in_width * p.width),
                 zeros(uint64_t{p.rows} * p.width)},
                concat(p.rows, " rows, ", p.in_width, "x", p.width));
        }
    }

    void take_rows() {
        for (const auto& [rows, width] : shapes()) {
            Words picked(rows);
            for (uint32_t& row : picked) row = random_.below(rows + 3);
            add(Op::take_rows, ElementParams{rows, width},
                {numbers(uint64_t{rows + 3} * width), picked, zeros(uint64_t{rows} * width)},
                concat(rows, "x", width));
        }
    }

    void read_sum() {
        for (const auto& [rows, width] : shapes()) {
            const uint32_t loads = 1 + width % 5;
            add(Op::read_sum, ReadSumParams{rows, width, loads},
                {numbers(uint64_t{rows} * width * loads * 4), zeros(uint64_t{rows} * width)},
                concat(rows, "x", width, ", ", loads, " loads"));
        }
    }

    // The smallest number that stays, its neighbour, zeros, subnormals and infinities, of both signs.
    static constexpr uint32_t settle_borders[] = {0x26800000, 0xa6800000, 0x267fffff, 0xa67fffff,
                                                  0,          0x80000000, 1,          0x80000001,
                                                  0x007fffff, 0x807fffff, 0x7f800000, 0xff800000};

    void arithmetic() {
        const uint32_t rows = full_ ? 32 : 4, width = 256;
        const uint64_t n = uint64_t{rows} * width;
        for (uint32_t operation = 0; operation < ARITH_OPERATIONS; ++operation) {
            Words a = numbers(n), b = numbers(n), c = numbers(n);
            // Half of the triples nearly cancel: c = -(a * b), rounded.
            for (uint64_t i = 0; i < n; i += 2) {
                c[i] = std::bit_cast<uint32_t>(-(std::bit_cast<float>(a[i]) * std::bit_cast<float>(b[i])));
            }
            if (operation == ARITH_FROM_INT) {
                for (uint32_t& word : a) word = random_.below(1u << 25) - (1u << 24);
            }
            if (operation == ARITH_SETTLE) std::ranges::copy(settle_borders, a.begin());
            add(Op::arithmetic, ArithmeticParams{rows, width, operation}, {a, b, c, zeros(n)},
                concat("operation ", operation));
        }
    }

    const bool full_;
    Random random_;
    uint32_t next_activation_ = 0, next_addend_ = 0;
    std::vector<OpCase> cases_;
};

}  // namespace

std::vector<OpCase> make_cases(Op op, CaseSet set, uint64_t seed) {
    return Maker(set, seed * 1000003 + static_cast<uint64_t>(op)).make(op);
}

}  // namespace rwkvk::check
