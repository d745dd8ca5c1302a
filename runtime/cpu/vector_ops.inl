// All of VectorOps for one instruction set, included by vector_ops_<set>.cpp, which is compiled for that set
// and defines RWKVK_VECTOR_OPS, the name of the table, before. Nothing here may have a name that the linker
// sees: it would keep one copy of what several sets define.
#include "runtime/cpu/vector_ops.h"

#include "runtime/cpu/element_ops.inl"
#include "runtime/cpu/head_ops.inl"

namespace rwkvk::cpu {

const VectorOps RWKVK_VECTOR_OPS = {activate_all, finish,     add,   mul,  mul_rest, lerp,   key_mix,
                                    shift_mix,    shift_mix6, round, norm, rms_norm, l2norm, bonus,
                                    row_matrix,   wkv4,       wkv6,  wkv7, gla};

}  // namespace rwkvk::cpu
