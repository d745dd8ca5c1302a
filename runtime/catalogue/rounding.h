#pragma once
// The rounding of rows that are multiplied with matrices of blocks, from docs/NUMERICS.md.

#include <algorithm>
#include <bit>
#include <cstdint>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

/// Whether products with matrices of this format take rounded rows.
inline bool takes_rounded(WeightFormat format) { return info(format).block_elements > 1; }

/// Floats of a rounded row of `groups` groups.
constexpr uint32_t rounded_width(uint32_t groups) { return groups * (ROUND_GROUP + ROUND_FACTS); }

/// The power of two that a group is rounded to multiples of: at most 2048 of them are its largest element.
/// NaN where an element is not below 2^64.
inline float rounding_unit(const float* x) {
    uint32_t largest = 0;
    for (uint32_t i = 0; i < ROUND_GROUP; ++i)
        largest = std::max(largest, std::bit_cast<uint32_t>(x[i]) & 0x7fffffffu);
    const uint32_t exponent = largest == 0 ? 127 : largest >> 23;
    return std::bit_cast<float>(exponent >= 191 ? 0x7fc00000u : (exponent - 10) << 23);
}

/// Rounds one row. Shapes: `x` [groups * 32] settled values, `y` [rounded_width(groups)].
inline void round_row(const float* x, uint32_t groups, float* y) {
    float* facts = y + uint64_t{groups} * ROUND_GROUP;
    for (uint32_t g = 0; g < groups; ++g, x += ROUND_GROUP, y += ROUND_GROUP, facts += ROUND_FACTS) {
        const float unit = rounding_unit(x);
        const float per_unit = std::bit_cast<float>(0x7f000000u - std::bit_cast<uint32_t>(unit));
        int32_t half[2] = {0, 0};
        for (uint32_t i = 0; i < ROUND_GROUP; ++i) {
            // The sum's last place is 1, so it rounds to whole numbers, ties to even.
            const int32_t q =
                unit == unit ? std::bit_cast<int32_t>(x[i] * per_unit + 12582912.0f) - 0x4b400000 : 0;
            y[i] = static_cast<float>(q) * unit;
            half[i / 16] += q;
        }
        facts[0] = static_cast<float>(half[0]) * unit;
        facts[1] = static_cast<float>(half[1]) * unit;
        facts[2] = static_cast<float>(half[0] + half[1]) * unit;
        facts[3] = unit;
    }
}

}  // namespace rwkvk
