#define RWKVK_BLOCKS blocks_amx_int8
#include "runtime/cpu/linear_blocks_simd.inl"
