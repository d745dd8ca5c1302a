#define RWKVK_BLOCKS blocks_i8mm
#include "runtime/cpu/linear_blocks_simd.inl"
