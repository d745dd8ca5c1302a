#pragma once
// 16-bit floats in integer arithmetic, so that no rounding or flush mode of the processor changes a bit.

#include <bit>
#include <cstdint>

namespace rwkvk {

/// IEEE half to float, exact for every value; subnormal halves become normal floats.
constexpr float half_to_float(uint16_t half) {
    const uint32_t sign = (half & 0x8000u) << 16;
    uint32_t magnitude = half & 0x7fffu;
    if (magnitude >= 0x400u) {
        const uint32_t rebias = magnitude >= 0x7c00u ? 0x70000000u : 0x38000000u;
        return std::bit_cast<float>(sign | ((magnitude << 13) + rebias));
    }
    if (magnitude == 0) return std::bit_cast<float>(sign);
    const int shift = std::countl_zero(magnitude) - 21;  // brings the leading one to bit 10
    magnitude = (magnitude << shift) & 0x3ffu;
    return std::bit_cast<float>(sign | (static_cast<uint32_t>(113 - shift) << 23) | (magnitude << 13));
}

/// Float to IEEE half, round to nearest, ties to even; overflow gives infinity.
constexpr uint16_t float_to_half(float value) {
    uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint32_t sign = (bits >> 16) & 0x8000u;
    bits &= 0x7fffffffu;
    if (bits >= 0x7f800000u) return static_cast<uint16_t>(sign | (bits > 0x7f800000u ? 0x7e00u : 0x7c00u));
    if (bits >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
    if (bits >= 0x38800000u) {
        return static_cast<uint16_t>(sign | ((bits - 0x38000000u + 0xfffu + ((bits >> 13) & 1u)) >> 13));
    }
    if (bits < 0x33000000u) return static_cast<uint16_t>(sign);
    const uint32_t shift = 126u - (bits >> 23);
    const uint32_t significand = (bits & 0x7fffffu) | 0x800000u;
    const uint32_t quotient = significand >> shift;
    const uint32_t rest = significand & ((1u << shift) - 1u);
    const uint32_t half = 1u << (shift - 1u);
    const bool up = rest > half || (rest == half && (quotient & 1u) != 0u);
    return static_cast<uint16_t>(sign | (quotient + (up ? 1u : 0u)));
}

constexpr float bf16_to_float(uint16_t value) { return std::bit_cast<float>(static_cast<uint32_t>(value) << 16); }

/// Float to bfloat16, round to nearest, ties to even; NaN stays a quiet NaN.
constexpr uint16_t float_to_bf16(float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
    return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace rwkvk
