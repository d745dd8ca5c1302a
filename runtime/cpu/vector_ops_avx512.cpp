#define RWKVK_VECTOR_OPS vector_ops_avx512
#include "runtime/cpu/vector_ops.inl"
