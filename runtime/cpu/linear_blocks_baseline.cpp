#define RWKVK_BLOCKS blocks_baseline
#include "runtime/cpu/linear_blocks_simd.inl"
