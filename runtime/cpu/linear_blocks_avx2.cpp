#define RWKVK_BLOCKS blocks_avx2
#include "runtime/cpu/linear_blocks_simd.inl"
