#pragma once
// Integers in place of fractions, so that sums depend neither on their order nor on the processor's float
// mode.

#include <compare>
#include <cstdint>

namespace rwkvk::text {

/// floor(x 2^bits) of a settled x from 0 on whose result fits 63 bits. The product is exact.
inline uint64_t to_fixed_point(float x, int bits) {
    return static_cast<uint64_t>(static_cast<int64_t>(x * static_cast<float>(uint64_t{1} << bits)));
}

/// An unsigned number of 128 bits.
struct Wide {
    uint64_t high, low;
    auto operator<=>(const Wide&) const = default;
};

inline Wide add(Wide a, Wide b) {
    const uint64_t low = a.low + b.low;
    return {a.high + b.high + (low < a.low), low};
}

/// The whole product.
inline Wide multiply(uint64_t a, uint64_t b) {
    constexpr uint64_t half = 0xffffffffu;
    const uint64_t low = (a & half) * (b & half);
    const uint64_t middle = (a >> 32) * (b & half) + (low >> 32);
    const uint64_t other = (a & half) * (b >> 32) + (middle & half);
    return {(a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32), (other << 32) | (low & half)};
}

/// floor(dividend / divisor) of a divisor other than 0 and a quotient below 2^32.
inline uint64_t divide(Wide dividend, uint64_t divisor) {
    uint64_t quotient = 0;
    for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
        if (multiply(quotient | bit, divisor) <= dividend) quotient |= bit;
    }
    return quotient;
}

}  // namespace rwkvk::text
