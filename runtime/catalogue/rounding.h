#pragma once
// The rounding of rows that are multiplied with matrices of blocks, from docs/NUMERICS.md.

#include <cstdint>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

/// Floats of a rounded row of `groups` groups.
constexpr uint32_t rounded_width(uint32_t groups) { return groups * (ROUND_GROUP + ROUND_FACTS); }

/// Parameters of the op for rows of this many elements; `numbers` of the planes, 4 bits each. Distances
/// between planes depend on the rows: the memory plan fills them in.
inline RoundParams rounding(uint32_t width, uint32_t planes, uint32_t numbers) {
    return {.rows = 0,
            .groups = width / ROUND_GROUP,
            .planes = planes,
            .numbers = numbers,
            .x_stride = 0,
            .y_stride = 0};
}

/// The power of two that a group is rounded to multiples of: at most 2048 of them are its largest element.
/// NaN where an element is not below 2^64. Always inlined, as what calls it: see cpu/sum.h.
[[gnu::always_inline]] inline float rounding_unit(const float* x) {
    int32_t largest = 0;
    for (uint32_t i = 0; i < ROUND_GROUP; ++i) {
        const int32_t magnitude = __builtin_bit_cast(int32_t, x[i]) & 0x7fffffff;
        largest = magnitude > largest ? magnitude : largest;
    }
    const int32_t exponent = largest == 0 ? 127 : largest >> 23;
    return __builtin_bit_cast(float, exponent >= 191 ? 0x7fc00000 : (exponent - 10) << 23);
}

/// Rounds one row. Shapes: `x` [groups * 32] settled values, `y` [rounded_width(groups)].
[[gnu::always_inline]] inline void round_row(const float* x, uint32_t groups, float* y) {
    float* facts = y + uint64_t{groups} * ROUND_GROUP;
    for (uint32_t g = 0; g < groups; ++g, x += ROUND_GROUP, y += ROUND_GROUP, facts += ROUND_FACTS) {
        const float unit = rounding_unit(x);
        const bool valid = unit == unit;
        const float per_unit =
            valid ? __builtin_bit_cast(float, 0x7f000000u - __builtin_bit_cast(uint32_t, unit)) : 0.0f;
        int32_t half[2] = {0, 0};
        for (uint32_t h = 0; h < 2; ++h) {
            for (uint32_t i = h * 16; i < h * 16 + 16; ++i) {
                // The last place of the sum is 1: it rounds to a whole number, ties to even. A number that
                // has no place in it counts as 0, which the unit makes NaN.
                const int32_t q =
                    __builtin_bit_cast(int32_t, (valid ? x[i] : 0.0f) * per_unit + 12582912.0f) - 0x4b400000;
                y[i] = static_cast<float>(q) * unit;
                half[h] += q;
            }
        }
        facts[0] = static_cast<float>(half[0]) * unit;
        facts[1] = static_cast<float>(half[1]) * unit;
        facts[2] = static_cast<float>(half[0] + half[1]) * unit;
        facts[3] = unit;
    }
}

}  // namespace rwkvk
