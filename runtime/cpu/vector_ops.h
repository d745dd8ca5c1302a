#pragma once
// The loops of all ops but the matrix product, compiled once for each instruction set (vector_ops.inl). Here
// stands what they take: plain arrays of `n` or `size` floats. None overlaps another, but ops that take
// element by element may write where they read.

#include <cstdint>

#include "runtime/cpu/instruction_sets.h"

namespace rwkvk::cpu {

/// A head of `size` channels at one token: read-only vectors, the state matrix [key][value], the result.
struct HeadToken {
    const float *r, *w, *k, *v;
    const float *kk, *a;  // wkv7 only
    const float* u;       // wkv6 only
    float* state;
    float* y;
    uint32_t size;
};

/// `n` channels of RWKV-4 at one token.
struct ChannelsToken {
    const float *k, *v, *decay, *first;
    float *numerator, *denominator, *maximum;
    float* y;
    uint32_t n;
};

struct VectorOps {
    /// y = s(act(s(x + bias))), and without a bias, of one of params.h's activations.
    void (*activate)(uint32_t activation, const float* x, const float* bias, float* y, uint32_t n);
    void (*finish)(uint32_t activation, const float* totals, float* y, uint32_t n);

    void (*add)(const float* a, const float* b, float* y, uint32_t n);
    void (*mul)(const float* a, const float* b, float* y, uint32_t n);
    void (*mul_rest)(const float* a, const float* b, float* y, uint32_t n);
    void (*lerp)(const float* from, const float* to, const float* amount, float* y, uint32_t n);
    void (*key_mix)(const float* key, const float* rate, const float* k_a, float* y, uint32_t n);
    void (*shift_mix)(const float* x, const float* previous, const float* mix, float* y, uint32_t n);
    void (*shift_mix6)(const float* x, const float* previous, const float* mix, const float* added, float* y,
                       uint32_t n);

    /// A row as in rounding.h.
    void (*round)(const float* x, uint32_t groups, float* y);

    void (*norm)(const float* x, const float* weight, const float* bias, float* y, uint32_t n,
                 float inv_width, float eps);
    void (*rms_norm)(const float* x, const float* weight, float* y, uint32_t n, float inv_width, float eps);
    void (*l2norm)(const float* x, const float* scale, float* y, uint32_t n);
    void (*bonus)(const float* z, const float* r, const float* k, const float* v, const float* r_k, float* y,
                  uint32_t n);

    /// matrix [in][n]
    void (*row_matrix)(const float* x, const float* matrix, float* y, uint32_t in, uint32_t n);
    void (*wkv4)(const ChannelsToken& token);
    void (*wkv6)(const HeadToken& token);
    void (*wkv7)(const HeadToken& token);
    void (*gla)(const HeadToken& token, float scale);
};

/// One per instruction set that has code of its own.
extern const VectorOps vector_ops_baseline;
#if defined(__x86_64__)
extern const VectorOps vector_ops_avx2, vector_ops_avx512;
#endif

/// The widest of those that the set has.
const VectorOps& vector_ops(InstructionSet set);

}  // namespace rwkvk::cpu
