#include "runtime/check/fused_case.h"

#include <numeric>

#include "runtime/catalogue/product_place.h"
#include "runtime/catalogue/rounding.h"
#include "runtime/catalogue/select.h"
#include "runtime/check/block_case.h"
#include "runtime/check/case_words.h"
#include "runtime/gpu/joins.h"
#include "runtime/gpu/packing.h"
#include "runtime/gpu/products.h"
#include "runtime/graph/fused.h"

namespace rwkvk::check {
namespace {

using Words = std::vector<uint32_t>;

/// What stands in a slot that the op's parts have no use for.
Words unused() { return {0}; }

OpCase norm_mix_case(Random& random, uint32_t rows, uint32_t width, uint32_t planes, uint32_t rounded,
                     uint32_t numbers_of_planes, uint32_t keep = 0, int high = 11) {
    const uint64_t n = uint64_t{rows} * width;
    const uint64_t rounded_elements = uint64_t{rows} * rounded_width(width / ROUND_GROUP);
    const NormMixParams p{rows,
                          width,
                          1e-5f,
                          1.0f / static_cast<float>(width),
                          planes,
                          plane_stride(n),
                          rounded,
                          numbers_of_planes,
                          plane_stride(rounded_elements),
                          keep};
    return {Op::norm_mix,
            p,
            {numbers(random, n, -12, high), numbers(random, uint64_t{2} * width, -2, 1), shift_entries(rows),
             numbers(random, uint64_t{planes} * width, -4, 0), numbers(random, uint64_t{4} * width, -2, 1),
             planes_of(planes, p.y_stride, n),
             rounded ? planes_of(rounded, p.rounded_stride, rounded_elements) : unused(),
             keep ? Words(n, 0) : unused()},
            std::nullopt,
            concat("norm_mix ", rows, "x", width, ", ", planes, " planes, ", rounded, " of them rounded")};
}

struct ProductMix {
    uint32_t out, in, rows, rounded, keep, addend;
    int low = -16, high = 3;  // exponents of x
};

/// A product of one dispatch, whose y norm_mix goes on with.
OpCase product_mix_case(Random& random, const ProductMix& size, WeightFormat format) {
    const bool blocks = in_blocks(format);
    const Op op = blocks ? Op::blocks_mix : Op::linear_mix;
    OpCase mix = norm_mix_case(random, size.rows, size.out, 3, size.rounded, 0x20, size.keep);
    std::vector<float> x(uint64_t{size.rows} * size.in);
    for (float& value : x) value = random.number(size.low, size.high);
    std::vector<Words> slots = {blocks ? rounded_rows(x, size.rows) : words_of(x),
                                {},
                                random_addend(random, size.addend, size.rows, size.out),
                                Words(uint64_t{size.rows} * size.out, 0)};
    for (size_t slot = 1; slot < mix.slots.size(); ++slot) slots.push_back(std::move(mix.slots[slot]));
    slots.push_back({0});
    const LinearParams linear{size.rows, size.in, size.out, 0, size.out, ACT_NONE, size.addend};
    return {op, gpu::product_and_mix(gpu::one_product(linear), mix.params.as<NormMixParams>()),
            std::move(slots), random_matrix(random, size.out, size.in, format),
            concat(info(op).name, " ", size.out, "x", size.in, " ", info(format).name, ", addend ",
                   size.addend, ", ", mix.description)};
}

/// Decays of tokens in exponents that keep something of the state.
Words decays(Random& random, uint64_t count) {
    Words words = numbers(random, count, -6, -1);
    for (uint32_t& word : words) word &= 0x7fffffffu;
    return words;
}

OpCase head4_case(Random& random, uint32_t width, const std::vector<uint32_t>& lengths, uint32_t parts) {
    const auto entries = static_cast<uint32_t>(lengths.size());
    const uint64_t n = uint64_t{std::accumulate(lengths.begin(), lengths.end(), 0u)} * width;
    const uint64_t states = uint64_t{entries} * width;
    Words decay = numbers(random, width, -12, 2), denominator = numbers(random, states, 0, 12);
    for (uint32_t& word : decay) word |= 0x80000000u;
    for (uint32_t& word : denominator) word &= 0x7fffffffu;
    return {Op::head4,
            Head4Params{entries, width, parts},
            {sequence_table(lengths), numbers(random, n, -12, 2), numbers(random, n),
             numbers(random, n, -6, 0), decay, numbers(random, width, -4, 2), numbers(random, states),
             denominator, numbers(random, states, -4, 2), Words(n, 0),
             parts & HEAD_ROUND ? Words(rounded_width(static_cast<uint32_t>(n / ROUND_GROUP)), 0) : unused()},
            std::nullopt,
            concat("head4 ", entries, " sequences of ", width, " channels, parts ", parts)};
}

OpCase head6_case(Random& random, const HeadSize& head, uint32_t parts, bool decay_per_token, int high) {
    const auto entries = static_cast<uint32_t>(head.lengths.size());
    const uint32_t rows = std::accumulate(head.lengths.begin(), head.lengths.end(), 0u);
    const uint32_t width = head.heads * head.size;
    const uint64_t n = uint64_t{rows} * width;
    const Head6Params p{entries,   head.heads,
                        head.size, width,
                        64e-5f,    1.0f / static_cast<float>(head.size),
                        parts,     decay_per_token ? width : 0};
    return {
        Op::head6,
        p,
        {sequence_table(head.lengths), numbers(random, n, high - 9, high),
         decays(random, decay_per_token ? n : width), numbers(random, n, -6, 3), numbers(random, n, -6, 3),
         numbers(random, width, -6, 1), parts & HEAD_GATE ? numbers(random, n, -6, 3) : unused(),
         numbers(random, uint64_t{2} * width, -3, 1),
         numbers(random, uint64_t{entries} * width * head.size, -12, 4), Words(n, 0),
         parts & HEAD_ROUND ? Words(uint64_t{rows} * rounded_width(width / ROUND_GROUP), 0) : unused()},
        std::nullopt,
        concat("head6 ", entries, " sequences, ", head.heads, " heads of ", head.size, ", parts ", parts,
               decay_per_token ? "" : ", the same decays for all tokens")};
}

OpCase head7_case(Random& random, const HeadSize& head, uint32_t parts) {
    const auto entries = static_cast<uint32_t>(head.lengths.size());
    const uint32_t rows = std::accumulate(head.lengths.begin(), head.lengths.end(), 0u);
    const uint32_t width = head.heads * head.size;
    const uint64_t n = uint64_t{rows} * width;
    const auto optional = [&](uint32_t part, int low, int high) {
        return parts & part ? numbers(random, n, low, high) : unused();
    };
    const Head7Params p{entries, head.heads, head.size, width, 64e-5f, 1.0f / static_cast<float>(head.size),
                        parts};
    Words r = numbers(random, n, -6, 3), w = numbers(random, n, -2, -1), k = numbers(random, n, -6, 3);
    if (head.heads > 1)
        std::fill_n(k.begin(), head.size, 0);  // without a direction, beside some that have one
    return {
        Op::head7,
        p,
        {sequence_table(head.lengths), r, w, k, numbers(random, n, -6, 3), optional(HEAD_LERP, -6, 3),
         optional(HEAD_LERP, -3, -1), numbers(random, n, -6, -1), optional(HEAD_GATE, -6, 3),
         numbers(random, uint64_t{width} * (parts & HEAD_NORM ? 5 : 3), -3, 1),
         numbers(random, uint64_t{entries} * width * head.size, -12, 2), Words(n, 0),
         parts & HEAD_ROUND ? Words(uint64_t{rows} * rounded_width(width / ROUND_GROUP), 0) : unused()},
        std::nullopt,
        concat("head7 ", entries, " sequences, ", head.heads, " heads of ", head.size, ", parts ", parts)};
}

/// All of products, those of models first.
constexpr std::array up_activations = {ACT_DECAY7, ACT_SIGMOID, ACT_TANH, ACT_NONE,
                                       ACT_DECAY6, ACT_SILU,    ACT_RELU2};

/// Heads of whole tiles, so that the matrices can lie one below the other.
OpCase head7_up_case(Random& random, const HeadSize& head, uint32_t in_width, WeightFormat format,
                     uint32_t parts, uint32_t& next_activation) {
    OpCase plain = head7_case(random, head, parts);
    const auto p = plain.params.as<Head7Params>();
    RWKVK_ASSERT(p.width % gpu::rows_per_tile == 0);
    const auto rows = static_cast<uint32_t>(plain.slots[1].size() / p.width);
    const auto whole = [](uint32_t elements) { return (elements + 63) / 64 * 64; };
    const uint32_t x_stride = whole(rows * in_width), bias_stride = whole(p.width);
    std::array<ProductPlace, UPS> ups{};
    for (uint32_t up = 0; up < UPS; ++up) {
        ups[up] = packed({.in_width = in_width,
                          .outs = p.width,
                          .activation = up_activations[next_activation++ % up_activations.size()],
                          .adds = up == UP_GATE ? ADD_NOTHING : ADD_BIAS,
                          .x = uint64_t{up} * x_stride * sizeof(float),
                          .matrix = packed_bytes(Packing::tiles, format, up * p.width, in_width),
                          .addend = uint64_t{up} * bias_stride * sizeof(float),
                          .y = 0},
                         false)
                      .value();
    }
    std::vector<Words> slots = {numbers(random, (UPS - 1) * x_stride + uint64_t{rows} * in_width, -12, -2),
                                {},
                                numbers(random, (UPS - 1) * bias_stride + p.width, -12, 1)};
    for (const size_t slot : slots_beside_ups) slots.push_back(std::move(plain.slots[slot]));
    return {Op::head7_up, gpu::head_with_ups(p, ups), std::move(slots),
            random_matrix(random, UPS * p.width, in_width, format),
            concat("head7_up of ", in_width, " ", info(format).name, ", ", plain.description)};
}

OpCase embed_mix_case(Random& random, OpCase::Matrix table, uint32_t id, uint32_t rounded) {
    OpCase mix = norm_mix_case(random, 1, table.in, 3, rounded, 0x20, rounded % 2);
    const EmbedMixParams params{1, 1e-4f, mix.params.as<NormMixParams>()};
    std::vector<Words> slots = {{id},
                                numbers(random, table.in),
                                {},
                                numbers(random, table.in, -2, 1),
                                numbers(random, table.in, -3, 0),
                                Words(table.in, 0)};
    for (size_t slot = 1; slot < mix.slots.size(); ++slot) slots.push_back(std::move(mix.slots[slot]));
    return {Op::embed_mix, params, std::move(slots), std::move(table),
            concat("embed_mix of ", id == NONE ? "a vector" : "a token", ", ", mix.description)};
}

}  // namespace

std::vector<OpCase> norm_mix_cases(CaseSet set, Random& random) {
    std::vector<OpCase> cases;
    cases.push_back(norm_mix_case(random, 3, 96, 6, 3, 0x320));
    cases.push_back(norm_mix_case(random, 3, 96, 2, 1, 1, 1, -8));  // a variance near eps
    if (set == CaseSet::quick) return cases;
    cases.push_back(norm_mix_case(random, 1, 768, 6, 3, 0x320));
    cases.push_back(norm_mix_case(random, 1, 7, 1, 0, 0));
    cases.push_back(norm_mix_case(random, 5, 100, 2, 0, 0, 1));
    cases.push_back(norm_mix_case(random, 17, 64, 1, 1, 0));
    cases.push_back(norm_mix_case(random, 2, 2560, 2, 2, 0x10));
    cases.push_back(norm_mix_case(random, 2, 1100, 1, 0, 0));
    return cases;
}

std::vector<OpCase> take_norm_cases(CaseSet set, Random& random) {
    using Sizes = std::vector<std::pair<uint32_t, uint32_t>>;
    std::vector<OpCase> cases;
    for (const auto& [rows, width] :
         set == CaseSet::full ? Sizes{{2, 96}, {1, 768}, {16, 64}, {3, 1120}, {2, 7}} : Sizes{{2, 1120}}) {
        for (const uint32_t rounded : {1u, 0u}) {
            if (rounded && width % ROUND_GROUP != 0) continue;
            // The second row has a variance near eps.
            Words x = numbers(random, uint64_t{rows + 2} * width);
            std::ranges::copy(numbers(random, width, -12, -8), x.begin() + width);
            Words numbers_of_rows(rows);
            for (uint32_t i = 0; i < rows; ++i) numbers_of_rows[i] = i == 0 ? 1 : random.below(rows + 2);
            const TakeNormParams p{rows, width, 1e-5f, 1.0f / static_cast<float>(width), rounded};
            const uint64_t rounded_elements = uint64_t{rows} * rounded_width(width / ROUND_GROUP);
            cases.push_back({Op::take_norm,
                             p,
                             {std::move(x), std::move(numbers_of_rows), numbers(random, width, -2, 1),
                              numbers(random, width, -3, 0), Words(uint64_t{rows} * width, 0),
                              rounded ? Words(rounded_elements, 0) : unused()},
                             std::nullopt,
                             concat("take_norm ", rows, "x", width, rounded ? ", rounded" : "")});
        }
    }
    return cases;
}

std::vector<OpCase> product_mix_cases(Op op, CaseSet set, Random& random) {
    const bool blocks = op == Op::blocks_mix;
    // Many workgroups, all of which have to come to their end before the norm; a row of which another needs
    // the norm, and a width that is no multiple of anything; a variance near eps.
    std::vector<ProductMix> sizes = {{288, 256, 1, 2, 0, ADD_ROWS},
                                     {96, blocks ? 256u : 45u, 3, 1, 1, ADD_BIAS},
                                     {64, 256, 1, 2, 0, ADD_NOTHING, -16, -13}};
    if (set == CaseSet::full) {
        for (const ProductMix& more :
             {ProductMix{1056, 256, 1, 2, 1, ADD_ROWS}, ProductMix{45, 512, 2, 0, 0, ADD_BIAS},
              ProductMix{64, 1024, 1, 1, 0, ADD_ROWS}})
            sizes.push_back(more);
    }
    std::vector<OpCase> cases;
    for (size_t f = 0; f < all_weights().size(); ++f) {
        const auto format = static_cast<WeightFormat>(f);
        if (in_blocks(format) != blocks) continue;
        for (const ProductMix& size : sizes) cases.push_back(product_mix_case(random, size, format));
    }
    return cases;
}

std::vector<OpCase> head4_cases(CaseSet set, Random& random) {
    std::vector<OpCase> cases;
    for (const uint32_t parts : {HEAD_ROUND, 0u}) {
        cases.push_back(head4_case(random, 96, {4, 1}, parts));
        if (set == CaseSet::quick) continue;
        cases.push_back(head4_case(random, 32, {1}, parts));
        cases.push_back(head4_case(random, 288, {3, 1, 0, 2}, parts));
    }
    if (set == CaseSet::full) cases.push_back(head4_case(random, 257, {1, 9}, 0));
    return cases;
}

std::vector<OpCase> head6_cases(CaseSet set, Random& random) {
    std::vector<OpCase> cases;
    for (const HeadSize& head : head_sizes(set)) {
        for (const uint32_t parts : {HEAD_GATE | HEAD_ROUND, HEAD_GATE, HEAD_ROUND, 0u}) {
            if (set == CaseSet::quick && (parts == HEAD_GATE || parts == HEAD_ROUND)) continue;
            if (parts & HEAD_ROUND && head.size % ROUND_GROUP != 0) continue;
            // The small numbers have a variance near eps.
            for (const int high : {3, -7}) cases.push_back(head6_case(random, head, parts, high > 0, high));
        }
    }
    return cases;
}

std::vector<OpCase> head7_cases(CaseSet set, Random& random) {
    constexpr uint32_t all = HEAD_LERP | HEAD_NORM | HEAD_GATE | HEAD_ROUND;
    std::vector<OpCase> cases;
    for (const HeadSize& head : head_sizes(set)) {
        for (uint32_t parts = 0; parts <= all; ++parts) {
            if (set == CaseSet::quick && parts != all && parts != 0) continue;
            if (parts & HEAD_ROUND && head.size % ROUND_GROUP != 0) continue;
            cases.push_back(head7_case(random, head, parts));
        }
    }
    return cases;
}

std::vector<OpCase> head7_up_cases(CaseSet set, Random& random) {
    constexpr uint32_t all = HEAD_LERP | HEAD_NORM | HEAD_GATE | HEAD_ROUND;
    const bool full = set == CaseSet::full;
    std::vector<OpCase> cases;
    for (const WeightFormat format : {WeightFormat::f32, WeightFormat::f16, WeightFormat::bf16}) {
        uint32_t next_activation = 0;  // every one with each format
        for (const uint32_t parts : {all, HEAD_LERP | HEAD_GATE, HEAD_GATE, 0u}) {
            if (!full && parts == HEAD_GATE) continue;
            const uint32_t in_width = parts == all ? 96 : 45;
            cases.push_back(head7_up_case(random, {2, 64, {2, 1}}, in_width, format, parts, next_activation));
            if (full)
                cases.push_back(head7_up_case(random, {3, 32, {1}}, 64, format, parts, next_activation));
        }
    }
    return cases;
}

std::vector<OpCase> embed_mix_cases(CaseSet set, Random& random) {
    std::vector<OpCase> cases;
    for (size_t f = 0; f < all_weights().size(); ++f) {
        const auto format = static_cast<WeightFormat>(f);
        const uint32_t block = info(format).block_elements;
        for (const uint32_t width : set == CaseSet::full ? std::vector{768u, 1280u} : std::vector{1280u})
            cases.push_back(embed_mix_case(random, random_matrix(random, 5, width, format), 3, 2));
        if (set == CaseSet::quick && format != WeightFormat::f32) continue;
        cases.push_back(embed_mix_case(random, random_matrix(random, 3, 3 * block, format), NONE, 0));
        if (block % ROUND_GROUP == 0)
            cases.push_back(embed_mix_case(random, random_matrix(random, 3, 3 * block, format), 2, 1));
    }
    return cases;
}

}  // namespace rwkvk::check
