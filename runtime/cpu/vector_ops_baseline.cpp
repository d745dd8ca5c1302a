#define RWKVK_VECTOR_OPS vector_ops_baseline
#include "runtime/cpu/vector_ops.inl"
