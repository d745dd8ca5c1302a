#pragma once

#include "runtime/arch/parts.h"
#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

/// Everything that distinguishes one RWKV-6 model from another, read from tensor shapes.
struct Rwkv6 : Dimensions {
    std::vector<Ranks6> ranks;  // per layer
    float group_eps;
};

/// Whether the tensors are those of RWKV-6.
bool is_rwkv6(const WeightSource& weights);

/// Errors: Code::bad_shape naming the tensor; Code::unsupported for the research variants, by name.
Rwkv6 read_rwkv6(const WeightSource& weights);

/// The ranks of a layer. Errors: Code::bad_shape naming the tensor.
Ranks6 read_ranks6(const WeightSource& weights, std::string_view version, uint32_t layer);

ModelPrograms build_rwkv6(const Rwkv6& model);

}  // namespace rwkvk::arch
