// The ops whose loops go over channels, from docs/NUMERICS.md; part of vector_ops.inl. settle() stands where
// a value is stored or multiplied again, so that nothing is ever subnormal.
#include "runtime/catalogue/rounding.h"
#include "runtime/cpu/activations.h"
#include "runtime/cpu/sum.h"

// What compilers need to be told before they vectorise: no two iterations meet in memory.
#if defined(__clang__)
#define RWKVK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define RWKVK_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace rwkvk::cpu {
namespace {

using namespace exact;
using params::UNIT_VECTOR;

template <typename Body>
[[gnu::always_inline]] inline void each(uint32_t n, const Body& body) {
    RWKVK_INDEPENDENT
    for (uint32_t i = 0; i < n; ++i) body(i);
}

/// As `sum`, with several ranges in flight: each waits for its last addition only.
template <typename Term>
[[gnu::always_inline]] inline float vector_sum(uint32_t n, const Term& term) {
    constexpr uint32_t together = 8;
    const Ranges ranges{n, UNIT_VECTOR};
    float total = 0.0f;
    for (uint32_t first = 0; first < ranges.count; first += together) {
        const uint32_t count = ranges.count - first < together ? ranges.count - first : together;
        uint32_t begin[together] = {}, length[together] = {}, shortest = n;
        for (uint32_t r = 0; r < count; ++r) {
            begin[r] = ranges.begin(first + r);
            length[r] = ranges.end(first + r) - begin[r];
            shortest = length[r] < shortest ? length[r] : shortest;
        }
        float part[together] = {};
        if (count < together) shortest = 0;
        for (uint32_t i = 0; i < shortest; ++i) {
            for (uint32_t r = 0; r < together; ++r) part[r] += term(begin[r] + i);
        }
        for (uint32_t r = 0; r < count; ++r) {
            for (uint32_t i = shortest; i < length[r]; ++i) part[r] += term(begin[r] + i);
            total += part[r];
        }
    }
    return total;
}

void activate_all(uint32_t activation, const float* x, const float* bias, float* y, uint32_t n) {
    with_activation(activation, [=](auto act) {
        each(n, [=](uint32_t i) { y[i] = settle(act(settle(x[i] + bias[i]))); });
    });
}

void finish(uint32_t activation, const float* totals, float* y, uint32_t n) {
    with_activation(activation,
                    [=](auto act) { each(n, [=](uint32_t i) { y[i] = settle(act(settle(totals[i]))); }); });
}

void add(const float* a, const float* b, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(a[i] + b[i]); });
}

void mul(const float* a, const float* b, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(a[i] * b[i]); });
}

void mul_rest(const float* a, const float* b, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(a[i] * settle(1.0f - b[i])); });
}

void lerp(const float* from, const float* to, const float* amount, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(from[i] + settle(to[i] - from[i]) * amount[i]); });
}

void key_mix(const float* key, const float* rate, const float* k_a, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(key[i] * settle(1.0f + settle(rate[i] - 1.0f) * k_a[i])); });
}

void shift_mix(const float* x, const float* previous, const float* mix, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(x[i] + settle(previous[i] - x[i]) * mix[i]); });
}

void shift_mix6(const float* x, const float* previous, const float* mix, const float* added, float* y,
                uint32_t n) {
    each(n,
         [=](uint32_t i) { y[i] = settle(x[i] + settle(previous[i] - x[i]) * settle(mix[i] + added[i])); });
}

void round(const float* x, uint32_t groups, float* y) { round_row(x, groups, y); }

// In the following y holds what is summed up before it holds the result.

void norm(const float* x, const float* weight, const float* bias, float* y, uint32_t n, float inv_width,
          float eps) {
    const float mean = settle(settle(vector_sum(n, [=](uint32_t i) { return x[i]; })) * inv_width);
    each(n, [=](uint32_t i) { y[i] = settle(x[i] - mean); });
    const float squares = vector_sum(n, [=](uint32_t i) { return y[i] * y[i]; });
    const float scale = exact_rsqrt(settle(squares) * inv_width + eps);
    each(n, [=](uint32_t i) { y[i] = settle(settle(y[i] * scale) * weight[i] + bias[i]); });
}

void rms_norm(const float* x, const float* weight, float* y, uint32_t n, float inv_width, float eps) {
    const float squares = vector_sum(n, [=](uint32_t i) { return x[i] * x[i]; });
    const float scale = exact_rsqrt(settle(squares) * inv_width + eps);
    each(n, [=](uint32_t i) { y[i] = settle(settle(x[i] * scale) * weight[i]); });
}

void l2norm(const float* x, const float* scale, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(x[i] * scale[i]); });
    const float square = settle(vector_sum(n, [=](uint32_t i) { return y[i] * y[i]; }));
    const float inverse = square > 0.0f ? exact_rsqrt(square) : 0.0f;
    each(n, [=](uint32_t i) { y[i] = settle(y[i] * inverse); });
}

float settled_dot(const float* r, const float* k, const float* u, float* y, uint32_t n) {
    each(n, [=](uint32_t i) { y[i] = settle(r[i] * k[i]); });
    return settle(vector_sum(n, [=](uint32_t i) { return y[i] * u[i]; }));
}

void bonus(const float* z, const float* r, const float* k, const float* v, const float* r_k, float* y,
           uint32_t n) {
    const float dot = settled_dot(r, k, r_k, y, n);
    each(n, [=](uint32_t i) { y[i] = settle(z[i] + dot * v[i]); });
}

void wkv4(const ChannelsToken& token) {
    each(token.n, [t = token](uint32_t i) {
        const float here = settle(t.first[i] + t.k[i]);
        const float top = t.maximum[i] > here ? t.maximum[i] : here;
        const float past = exact_exp(settle(t.maximum[i] - top)), now = exact_exp(settle(here - top));
        const float sum = settle(past * t.numerator[i] + now * t.v[i]);
        t.y[i] = settle(sum * exact_bounded_reciprocal(settle(past * t.denominator[i] + now)));
    });
    each(token.n, [t = token](uint32_t i) {
        const float decayed = settle(t.maximum[i] + t.decay[i]);
        const float top = decayed > t.k[i] ? decayed : t.k[i];
        const float past = exact_exp(settle(decayed - top)), now = exact_exp(settle(t.k[i] - top));
        t.numerator[i] = settle(past * t.numerator[i] + now * t.v[i]);
        t.denominator[i] = settle(past * t.denominator[i] + now);
        t.maximum[i] = top;
    });
}

}  // namespace
}  // namespace rwkvk::cpu
