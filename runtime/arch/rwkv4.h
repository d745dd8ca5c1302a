#pragma once

#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

/// Everything that distinguishes one RWKV-4 model from another, read from tensor shapes.
struct Rwkv4 : Dimensions {
    /// Whether the decay is stored as att.decay = -exp(att.time_decay), as the recurrence uses it.
    bool has_final_decay;
};

/// Whether the tensors are those of RWKV-4. Asked after the versions that have more.
bool is_rwkv4(const WeightSource& weights);

/// Errors: Code::bad_shape naming the tensor; Code::unsupported for the research variants, by name.
Rwkv4 read_rwkv4(const WeightSource& weights);

ModelPrograms build_rwkv4(const Rwkv4& model);

}  // namespace rwkvk::arch
