#include "runtime/check/block_case.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/catalogue/block_formats.h"
#include "runtime/catalogue/rounding.h"
#include "runtime/catalogue/weights.h"
#include "runtime/check/case_words.h"

namespace rwkvk::check {
namespace {

using Words = std::vector<uint32_t>;

/// Settled values whose groups are of every kind: ordinary, from the smallest to nearly the largest that
/// rounding takes, halfway between two multiples of the unit, one large among small ones, a single one, none,
/// all equal.
std::vector<float> wild_row(Random& random, uint32_t groups) {
    std::vector<float> row(uint64_t{groups} * ROUND_GROUP, 0.0f);
    for (uint32_t g = 0; g < groups; ++g) {
        const std::span group(row.data() + uint64_t{g} * ROUND_GROUP, ROUND_GROUP);
        switch (random.below(7)) {
            case 0:
                for (float& x : group) x = random.number(-12, 11);
                break;
            case 1:
                for (float& x : group) x = random.number(-50, 60);
                break;
            case 2:
                for (float& x : group) x = (static_cast<float>(random.below(4095)) - 2047.5f) * 0.25f;
                break;
            case 3:
                for (float& x : group) x = random.number(-30, -9);
                group[random.below(ROUND_GROUP)] = random.number(40, 50);
                break;
            case 4:
                group[random.below(ROUND_GROUP)] = random.number(-49, 62);
                break;
            case 5:
                break;
            case 6:  // rounds to 2048 everywhere
                for (float& x : group) x = random.below(2) ? 0x1.fffffep3f : -0x1.fffffep3f;
                break;
        }
    }
    return row;
}

/// Blocks of random bits; their f16 are finite, of any sign and size, subnormal and zero too.
OpCase::Matrix wild_matrix(Random& random, uint32_t out, uint32_t in, WeightFormat format) {
    OpCase::Matrix m{out, in, format, std::vector<std::byte>(stored_bytes(format, uint64_t{out} * in))};
    for (std::byte& byte : m.stored) byte = static_cast<std::byte>(random.below(256));
    blocks::with_block_format(format, [&](auto f) {
        for (uint64_t block = 0; block < m.stored.size(); block += f.bytes) {
            for (const uint32_t half : f.halves) {
                std::byte& upper = m.stored[block + half + 1];
                if ((upper & std::byte{0x7c}) == std::byte{0x7c}) upper &= std::byte{0xbf};
            }
        }
    });
    return m;
}

OpCase product(OpCase::Matrix matrix, Words rounded_rows, uint32_t rows, uint32_t activation,
               const char* kind, uint32_t addend = ADD_NOTHING, Words added = {0}) {
    std::string description =
        concat("linear_blocks ", rows, " rows, ", matrix.out, "x", matrix.in, " ", info(matrix.format).name,
               ", activation ", activation, ", addend ", addend, kind);
    const LinearParams params{rows, matrix.in, matrix.out, 0, matrix.out, activation, addend};
    Words zeros(uint64_t{rows} * matrix.out, 0);
    return {Op::linear_blocks,
            params,
            {std::move(rounded_rows), {}, std::move(added), std::move(zeros)},
            std::move(matrix),
            std::move(description)};
}

OpCase encoded_product(Random& random, OpCase::Matrix matrix, uint32_t rows, uint32_t activation,
                       uint32_t addend) {
    // Sums small enough for the activations that saturate.
    const int high = activation == ACT_NONE || activation == ACT_RELU2 ? 11 : -4;
    std::vector<float> x(uint64_t{rows} * matrix.in);
    for (float& value : x) value = random.number(-16, high);
    Words added = random_addend(random, addend, rows, matrix.out);
    return product(std::move(matrix), rounded_rows(x, rows), rows, activation, "", addend, std::move(added));
}

OpCase wild_product(Random& random, OpCase::Matrix matrix, uint32_t rows) {
    const std::vector<float> x = wild_row(random, rows * (matrix.in / ROUND_GROUP));
    return product(std::move(matrix), rounded_rows(x, rows), rows, ACT_NONE, ", random bits");
}

/// Sums around the smallest that are kept.
OpCase tiny_product(Random& random, OpCase::Matrix matrix, uint32_t rows) {
    std::vector<float> x(uint64_t{rows} * matrix.in);
    for (float& value : x) value = random.number(-50, -45);
    return product(std::move(matrix), rounded_rows(x, rows), rows, ACT_NONE, ", tiny");
}

uint32_t whole_blocks(uint32_t in, WeightFormat format) {
    const uint32_t block = info(format).block_elements;
    return (in + block - 1) / block * block;
}

}  // namespace

OpCase::Matrix random_matrix(Random& random, uint32_t out, uint32_t in, WeightFormat format) {
    OpCase::Matrix m{out, in, format, std::vector<std::byte>(stored_bytes(format, uint64_t{out} * in))};
    std::vector<float> values(uint64_t{out} * in);
    for (size_t i = 0; i < values.size(); ++i) {
        const bool small = i / in % 4 == 3;  // whose scales are subnormal
        values[i] = random.below(20) == 0 ? 0.0f : random.number(-22, small ? -9 : 3);
    }
    encode(format, values, m.stored.data());
    RWKVK_ASSERT(settle_stored(format, m.stored.data(), values.size()) < 0);
    return m;
}

std::vector<uint32_t> words_of(const std::vector<float>& values) {
    Words words(values.size());
    std::memcpy(words.data(), values.data(), words.size() * 4);
    return words;
}

std::vector<uint32_t> random_addend(Random& random, uint32_t addend, uint32_t rows, uint32_t outs) {
    return numbers(random,
                   addend == ADD_NOTHING ? 1
                   : addend == ADD_BIAS  ? outs
                                         : uint64_t{rows} * outs,
                   -12, 3);
}

uint32_t many_rows(uint32_t in) { return in <= 256 ? 67 : 33; }

std::vector<uint32_t> rounded_rows(const std::vector<float>& x, uint32_t rows) {
    const auto groups = static_cast<uint32_t>(x.size() / rows / ROUND_GROUP);
    std::vector<float> y(uint64_t{rows} * rounded_width(groups));
    for (uint64_t row = 0; row < rows; ++row)
        round_row(&x[row * groups * ROUND_GROUP], groups, &y[row * rounded_width(groups)]);
    return words_of(y);
}

std::vector<OpCase> round_cases(CaseSet set, Random& random) {
    using Sizes = std::vector<RoundParams>;
    std::vector<OpCase> cases;
    // The third: planes 4, 0 and 2 of 5.
    for (RoundParams p :
         set == CaseSet::full
             ? Sizes{{1, 1, 1, 0, 0, 0}, {3, 24, 1, 0, 0, 0}, {17, 7, 3, 0x204, 0, 0}, {2, 80, 2, 0x10, 0, 0}}
             : Sizes{{3, 24, 3, 0x204, 0, 0}}) {
        const uint32_t groups = p.rows * p.groups;
        const uint32_t of_x = p.planes == 1 ? 1 : 5;
        p.x_stride = (groups + 1) * ROUND_GROUP;
        p.y_stride = p.rows * rounded_width(p.groups) + 12;
        const std::vector<float> x = wild_row(random, of_x * (groups + 1));
        cases.push_back(
            {Op::round,
             p,
             {words_of(x), planes_of(p.planes, p.y_stride, uint64_t{p.rows} * rounded_width(p.groups))},
             std::nullopt,
             concat("round ", p.planes, " planes of ", p.rows, " rows of ", p.groups, " groups")});
    }
    return cases;
}

std::vector<OpCase> linear_blocks_cases(CaseSet set, Random& random) {
    using Sizes = std::vector<std::pair<uint32_t, uint32_t>>;
    using Rows = std::vector<uint32_t>;
    const bool full = set == CaseSet::full;
    std::vector<OpCase> cases;
    uint32_t next_activation = 0, next_addend = 0;
    for (size_t f = 0; f < all_weights().size(); ++f) {
        const auto format = static_cast<WeightFormat>(f);
        if (!in_blocks(format)) continue;
        for (const auto& [out, about] :
             full ? Sizes{{70, 96}, {33, 768}, {1, 32}, {40, 224}, {64, 2560}} : Sizes{{37, 1120}}) {
            const OpCase::Matrix matrix = random_matrix(random, out, whole_blocks(about, format), format);
            for (const uint32_t rows : full ? Rows{1, 2, 4, 9, 5, 3, 8, 19, many_rows(about)}
                                            : Rows{1, 2, 4, 9, 5, 3, many_rows(about)}) {
                const uint32_t activation =
                    product_activations[next_activation++ % std::size(product_activations)];
                cases.push_back(encoded_product(random, matrix, rows, activation, next_addend++ % ADD_KINDS));
            }
        }
        // Kernels that make many rows at once see all activations, too.
        const OpCase::Matrix narrow = random_matrix(random, 37, 256, format);
        for (const uint32_t activation : product_activations)
            cases.push_back(encoded_product(random, narrow, 9, activation, next_addend++ % ADD_KINDS));
        for (const auto& [out, about] : full ? Sizes{{37, 544}, {20, 1024}} : Sizes{{37, 544}}) {
            const OpCase::Matrix matrix = wild_matrix(random, out, whole_blocks(about, format), format);
            for (const uint32_t rows : full ? Rows{1, 9, 16} : Rows{1, 9})
                cases.push_back(wild_product(random, matrix, rows));
            for (const uint32_t rows : {1, 9})
                cases.push_back(tiny_product(random, random_matrix(random, out, matrix.in, format), rows));
        }
    }
    return cases;
}

}  // namespace rwkvk::check
