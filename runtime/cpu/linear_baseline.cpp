#define RWKVK_LINEAR linear_baseline
#include "runtime/cpu/linear_simd.inl"
