// Exact elementary functions, read by glslang and by g++: only + - * on float32, comparisons, floor, integers
// and bit casts, so that every device and every processor gets the same bits. Rules (docs/NUMERICS.md): no
// arithmetic between literals, at most 9 digits in a literal, and no value that could be subnormal, products
// included: every factor is 0 or so large that the product is normal, and differences are 0 or at least an
// ulp of their operands. Each function states its domain, where its relative error is below 2e-7; beyond it
// results have no meaning, but every operation is still defined, and NaN gives NaN.
// Polynomials: own fits of least maximum relative error, coefficients rounded to float32 one by one.
#ifndef RWKVK_EXACT_MATH_H
#define RWKVK_EXACT_MATH_H

#ifdef __cplusplus
#include <cstdint>
// No function may be shared by files that are compiled for different instruction sets.
#define EXACT_FN [[gnu::always_inline]] static inline
namespace rwkvk::exact {
using uint = std::uint32_t;
// For |x| < 2^31; vectorises without SSE4.1's instruction.
EXACT_FN float floor(float x) {
    const float whole = float(int(x));
    return whole > x ? whole - 1.0f : whole;
}
EXACT_FN uint floatBitsToUint(float x) { return __builtin_bit_cast(uint, x); }
EXACT_FN float uintBitsToFloat(uint u) { return __builtin_bit_cast(float, u); }
#else
#define EXACT_FN
#endif

// Zero for magnitudes below 2^-50, -0 and subnormals included; NaN and infinity stay. No float operation.
EXACT_FN float settle(float x) {
    uint u = floatBitsToUint(x);
    return uintBitsToFloat((u & 0x7fffffffu) < 0x26800000u ? 0u : u);
}

// 1 / x for 2^-60 <= |x| <= 2^60. The integer difference is within 5.1 % (the constant was searched for) and
// each Newton step squares that. For the last step t is cut to 12 bits and x split in two, so that both
// products, and with them the error e, are exact and nearly all that is lost is the last rounding. e is 0 or
// at least 2^-35.
EXACT_FN float exact_reciprocal(float x) {
    uint u = floatBitsToUint(x);
    float y = uintBitsToFloat((u & 0x80000000u) | (0x7ef311c2u - (u & 0x7fffffffu)));
    y = y * (2.0f - x * y);
    y = y * (2.0f - x * y);
    float t = uintBitsToFloat(floatBitsToUint(y) & 0xfffff000u);
    float upper = uintBitsToFloat(u & 0xfffff000u);
    float e = (1.0f - upper * t) - (x - upper) * t;
    return t + t * (e + e * e);
}

// 1 / sqrt(x) for 2^-60 <= x <= 2^60. As above; the constant serves the error after the first step, 0.18 %.
EXACT_FN float exact_rsqrt(float x) {
    float h = 0.5f * x;
    float y = uintBitsToFloat(0x5f375a7eu - (floatBitsToUint(x) >> 1));
    y = y * (1.5f - (h * y) * y);
    y = y * (1.5f - (h * y) * y);
    return y + y * (0.5f - (h * y) * y);
}

// e^x for settled x from -40 to 88; 0 where that is below 2^-50.
// x = n ln 2 + r. The first part of ln 2 has 9 bits and n at most 7, so their product and the first
// difference are exact. r is 0 or at least 2^-50: x itself for n = 0, otherwise a multiple of 2^-36.
EXACT_FN float exact_exp_within(float x) {
    float n = floor(x * 1.44269502f + 0.5f);
    float r = (x - n * 0.693359375f) + n * 2.12194442e-4f;
    float p = 1.38186989e-3f;
    p = p * r + 8.36871564e-3f;
    p = p * r + 4.16682921e-2f;
    p = p * r + 0.166665211f;
    p = p * r + 0.49999994f;
    p = 1.0f + (r + (r * r) * p);  // the square is normal
    uint scaled = floatBitsToUint(p) + (uint(int(n)) << 23);
    return settle(uintBitsToFloat(scaled));
}

// e^x for settled x; 0 where that is below 2^-50, e^88 above 88.
EXACT_FN float exact_exp(float x) {
    float c = x < 88.0f ? (x > -40.0f ? x : -40.0f) : 88.0f;  // NaN becomes 88: int() needs a number
    return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u ? x : exact_exp_within(c);
}

// 1 / x for settled x from 2^-50 to 2^50; beyond, that of the nearer end. What a quotient is made with whose
// divisor is in the range unless a state was made up.
EXACT_FN float exact_bounded_reciprocal(float x) {
    float c = x < 8.8817842e-16f ? 8.8817842e-16f : (x > 1.12589991e15f ? 1.12589991e15f : x);
    return settle(exact_reciprocal(c));
}

// ln x for positive normal x. x = 2^n (1 + f) with 1 + f between sqrt(1/2) and sqrt(2); f is exact, and 0 or
// at least 2^-24, so that its cube is normal.
EXACT_FN float exact_log(float x) {
    uint shifted = floatBitsToUint(x) - 0x3f3504f3u;  // the bits of sqrt(1/2)
    int exponent = int(shifted & 0xff800000u) >> 23;
    float f = uintBitsToFloat((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float n = float(exponent);
    float z = f * f;
    float p = -7.6381892e-2f;
    p = p * f + 0.127647638f;
    p = p * f + -0.1316019f;
    p = p * f + 0.14201273f;
    p = p * f + -0.166233152f;
    p = p * f + 0.200012505f;
    p = p * f + -0.250008225f;
    p = p * f + 0.333333313f;
    float small = (z * f) * p - 0.5f * z;
    float y = n * 0.693359375f + (f + (small - n * 2.12194442e-4f));
    return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u ? x : y;
}

// 1 / (1 + e^-x) for settled x from -40 on, where the sum is in exact_reciprocal's domain. Not yet settled.
EXACT_FN float exact_logistic(float x) { return exact_reciprocal(1.0f + exact_exp(-x)); }

// 1 / (1 + e^-x) for settled x; 0 where that is below 2^-50.
EXACT_FN float exact_sigmoid(float x) { return settle(exact_logistic(x < -40.0f ? -40.0f : x)); }

// x / (1 + e^-x) for settled x; 0 where that is below 2^-50, as it is at -40 already.
EXACT_FN float exact_silu(float x) {
    float c = x < -40.0f ? -40.0f : x;
    return settle(c * exact_logistic(c));
}

// tanh x for settled x. From 0.75 on 1 - 2 / (e^2x + 1); below, where that cancels, x + x^3 P(x^2).
EXACT_FN float exact_tanh(float x) {
    float m = x < 0.0f ? -x : x;
    float c = m > 10.0f ? 10.0f : m;
    float z = settle(c * c);
    float p = 1.74175669e-3f;
    p = p * z + -7.6658125e-3f;
    p = p * z + 2.14577932e-2f;
    p = p * z + -5.38945347e-2f;
    p = p * z + 0.133327201f;
    p = p * z + -0.333333164f;
    float small = c + c * (z * p);
    float large = 1.0f - 2.0f * exact_reciprocal(exact_exp(c + c) + 1.0f);
    float y = m < 0.75f ? small : large;
    return x < 0.0f ? -y : y;
}

#ifdef __cplusplus
}  // namespace rwkvk::exact
#endif
#undef EXACT_FN
#endif
