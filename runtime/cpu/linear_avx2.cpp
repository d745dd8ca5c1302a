#define RWKVK_LINEAR linear_avx2
#include "runtime/cpu/linear_simd.inl"
