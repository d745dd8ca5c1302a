#define RWKVK_LINEAR linear_avx512
#include "runtime/cpu/linear_simd.inl"
