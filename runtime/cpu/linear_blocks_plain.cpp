// Products with matrices of blocks as plain loops, from docs/NUMERICS.md: what every faster one must equal.
#include "runtime/catalogue/block_formats.h"
#include "runtime/catalogue/rounding.h"
#include "runtime/cpu/call.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {
namespace {

/// A group of a rounded row as integers: multiples of `unit`.
struct RoundedGroup {
    int32_t q[ROUND_GROUP];
    float unit;
};

RoundedGroup rounded_group(const float* row, uint32_t groups, uint32_t g) {
    const float unit = row[groups * ROUND_GROUP + g * ROUND_FACTS + 3];
    RoundedGroup group{{}, unit};
    if (unit != unit) return group;
    for (uint32_t i = 0; i < ROUND_GROUP; ++i)
        group.q[i] = static_cast<int32_t>(row[g * ROUND_GROUP + i] / unit);
    return group;
}

/// What one group adds to its chain; `first` is its first element in the stored row.
template <typename Format>
float term(const std::byte* stored, uint32_t first, const RoundedGroup& x) {
    const blocks::OneRow block{stored + first / Format::elements * Format::bytes};
    float parts = 0.0f;
    for (uint32_t begin = 0; begin < ROUND_GROUP; begin += Format::group) {
        const uint32_t in_block = (first + begin) % Format::elements;
        int32_t product = 0, sum = 0;
        for (uint32_t i = 0; i < Format::group; ++i) {
            const auto quant = static_cast<int32_t>(Format::quant(block, in_block + i) - Format::bias);
            product += quant * x.q[begin + i];
            sum += x.q[begin + i];
        }
        float part = static_cast<float>(product) * Format::scale(block, in_block);
        if constexpr (Format::has_offset)
            part = part - static_cast<float>(sum) * Format::offset(block, in_block);
        parts = begin == 0 ? part : parts + part;
    }
    return parts * x.unit;
}

template <typename Format>
float total_of(const std::byte* stored, const float* row, uint32_t groups) {
    float chains[CHAINS] = {}, total = 0.0f;
    for (uint32_t g = 0; g < groups; ++g)
        chains[g % CHAINS] += term<Format>(stored, g * ROUND_GROUP, rounded_group(row, groups, g));
    for (const float chain : chains) total += chain;
    return total;
}

}  // namespace

void run_linear_blocks_plain(const Call& call) {
    const auto p = call.params.as<LinearParams>();
    const Matrix& matrix = *call.matrix;
    RWKVK_ASSERT(matrix.layout == Matrix::Layout::rows && p.in_width % ROUND_GROUP == 0);
    const uint32_t groups = p.in_width / ROUND_GROUP;
    blocks::with_block_format(matrix.format, [&](auto format) {
        for (uint64_t row = 0; row < p.rows; ++row) {
            const float* x = call.in(0) + row * rounded_width(groups);
            for (uint32_t o = 0; o < p.outs; ++o) {
                const float total = total_of<decltype(format)>(matrix.stored_row(o), x, groups);
                store_total(call, p, total, row, o);
            }
        }
    });
}

}  // namespace rwkvk::cpu
