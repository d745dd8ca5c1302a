#define RWKVK_BLOCKS blocks_avx512
#include "runtime/cpu/linear_blocks_simd.inl"
