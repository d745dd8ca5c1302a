#pragma once

#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

/// Everything that distinguishes one RWKV-6 model from another, read from tensor shapes.
struct Rwkv6 : Dimensions {
    struct Ranks {
        uint32_t mix, decay;
    };
    std::vector<Ranks> ranks;  // per layer
    float group_eps;
};

/// Whether the tensors are those of RWKV-6.
bool is_rwkv6(const WeightSource& weights);

/// Errors: Code::bad_shape naming the tensor; Code::unsupported for the research variants, by name.
Rwkv6 read_rwkv6(const WeightSource& weights);

ModelPrograms build_rwkv6(const Rwkv6& model);

}  // namespace rwkvk::arch
