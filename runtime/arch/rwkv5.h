#pragma once

#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

/// Everything that distinguishes one RWKV-5 model from another, read from tensor shapes.
struct Rwkv5 : Dimensions {
    bool has_gate;            // 5.1 and 5.2
    bool decay_per_channel;   // 5.2; before, one for a head
    bool has_final_decay;     // att.decay = exp(-exp(att.time_decay)) is stored, as the recurrence uses it
    bool bonus_is_logarithm;  // att.time_first, used as its exponential, instead of att.time_faaaa
    float group_eps;
};

/// Whether the tensors are those of RWKV-5.0, 5.1 or 5.2. Asked after version 6.
bool is_rwkv5_0(const WeightSource& weights);
bool is_rwkv5_1(const WeightSource& weights);
bool is_rwkv5_2(const WeightSource& weights);

/// Of any of the three. Errors: Code::bad_shape naming the tensor; Code::unsupported for one that is unknown.
Rwkv5 read_rwkv5(const WeightSource& weights);

ModelPrograms build_rwkv5(const Rwkv5& model);

}  // namespace rwkvk::arch
