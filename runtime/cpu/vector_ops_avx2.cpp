#define RWKVK_VECTOR_OPS vector_ops_avx2
#include "runtime/cpu/vector_ops.inl"
