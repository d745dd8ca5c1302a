#pragma once

#include <bit>
#include <cstdint>

namespace rwkvk::text {

/// A float that is not NaN as a word that rises with it, and back. shaders/rising.glsl has the same.
inline uint32_t rising_bits(float x) {
    constexpr uint32_t sign_bit = 0x80000000u;
    const uint32_t bits = std::bit_cast<uint32_t>(x);
    return bits & sign_bit ? ~bits : bits | sign_bit;
}

inline float float_of_rising_bits(uint32_t rising) {
    constexpr uint32_t sign_bit = 0x80000000u;
    return std::bit_cast<float>(rising & sign_bit ? rising & ~sign_bit : ~rising);
}

}  // namespace rwkvk::text
