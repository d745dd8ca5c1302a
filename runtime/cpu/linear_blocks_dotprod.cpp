#define RWKVK_BLOCKS blocks_dotprod
#include "runtime/cpu/linear_blocks_simd.inl"
