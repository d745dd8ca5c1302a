#define RWKVK_BLOCKS blocks_avx512vnni
#include "runtime/cpu/linear_blocks_simd.inl"
