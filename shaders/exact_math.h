// Exact elementary functions, read by glslang and by g++: only + - * on float32, comparisons, floor, integers and
// bit casts, so that every device and every processor gets the same bits. Rules (docs/NUMERICS.md): no arithmetic
// between literals, at most 9 digits in a literal, and no value that could be subnormal, products included.
// Polynomials: own least-maximum fits of relative error, coefficients rounded to float32.
#ifndef RWKVK_EXACT_MATH_H
#define RWKVK_EXACT_MATH_H

#ifdef __cplusplus
#include <bit>
#include <cmath>
#include <cstdint>
namespace rwkvk::exact {
using uint = std::uint32_t;
inline uint floatBitsToUint(float x) { return std::bit_cast<uint>(x); }
inline float uintBitsToFloat(uint u) { return std::bit_cast<float>(u); }
using std::floor;
#define EXACT_FN inline
#else
#define EXACT_FN
#endif

// Zero for magnitudes below 2^-50, -0 and subnormals included; NaN and infinity stay. No float operation.
EXACT_FN float settle(float x) {
    uint u = floatBitsToUint(x);
    return uintBitsToFloat((u & 0x7fffffffu) < 0x26800000u ? 0u : u);
}

// 1 / x for 2^-60 <= |x| <= 2^60. Newton's method; the last step adds a small correction and so rounds once.
EXACT_FN float exact_reciprocal(float x) {
    uint u = floatBitsToUint(x);
    float y = uintBitsToFloat((u & 0x80000000u) | (0x7ef311c3u - (u & 0x7fffffffu)));
    y = y * (2.0f - x * y);
    y = y * (2.0f - x * y);
    y = y + y * (1.0f - x * y);
    return y + y * (1.0f - x * y);
}

// 1 / sqrt(x) for 2^-60 <= x <= 2^60.
EXACT_FN float exact_rsqrt(float x) {
    float h = 0.5f * x;
    float y = uintBitsToFloat(0x5f375a86u - (floatBitsToUint(x) >> 1));
    y = y * (1.5f - (h * y) * y);
    y = y * (1.5f - (h * y) * y);
    y = y + y * (0.5f - (h * y) * y);
    return y + y * (0.5f - (h * y) * y);
}

// e^x for settled x. 0 where the result is below 2^-50; e^88 above 88.
// x = n ln 2 + r: n and ln 2's upper part have so few bits that their product is exact.
EXACT_FN float exact_exp(float x) {
    float c = x > 88.0f ? 88.0f : (x < -40.0f ? -40.0f : x);
    float n = floor(c * 1.44269502f + 0.5f);
    float r = settle((c - n * 0.693359375f) - n * -2.12194442e-4f);
    float p = 1.38142251e-3f;
    p = p * r + 8.36889911e-3f;
    p = p * r + 4.16684039e-2f;
    p = p * r + 0.166665196f;
    p = p * r + 0.49999994f;
    p = 1.0f + (r + settle(r * r) * p);
    uint scaled = floatBitsToUint(p) + (uint(int(n)) << 23);
    return settle(uintBitsToFloat(scaled));
}

// 1 / (1 + e^-x) for settled x; 0 where the result is below 2^-50.
EXACT_FN float exact_sigmoid(float x) {
    float c = x < -40.0f ? -40.0f : x;
    return settle(exact_reciprocal(1.0f + exact_exp(-c)));
}

// tanh x for settled x, relatively exact near 0.
EXACT_FN float exact_tanh(float x) {
    float m = x < 0.0f ? -x : x;
    float c = m > 10.0f ? 10.0f : m;
    float z = settle(c * c);
    float p = 2.14733789e-3f;
    p = p * z + -8.18246417e-3f;
    p = p * z + 2.17028856e-2f;
    p = p * z + -5.39471917e-2f;
    p = p * z + 0.133332103f;
    p = p * z + -0.333333313f;
    float small = c + c * settle(z * p);
    float large = 1.0f - 2.0f * exact_reciprocal(exact_exp(c + c) + 1.0f);
    float y = m < 0.625f ? small : large;
    return x < 0.0f ? -y : y;
}

#ifdef __cplusplus
}  // namespace rwkvk::exact
#endif
#undef EXACT_FN
#endif
