#pragma once

#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

/// Everything that distinguishes one RWKV-7 or 7a model from another, read from tensor shapes.
struct Rwkv7 : Dimensions {
    struct Ranks {
        uint32_t w, a, v, g;  // v is 0 in layer 0, which has no value residual
    };
    std::vector<Ranks> ranks;  // per layer
    /// Of the matrix that a token has in a layer: DeepEmbed, RWKV-7a.
    struct DeepMatrix {
        uint32_t rows, columns;
    };
    std::vector<DeepMatrix> deep;  // per layer; empty in RWKV-7.0
    float group_eps;
};

/// Whether the tensors are those of RWKV-7, of whatever kind.
bool is_rwkv7(const WeightSource& weights);
/// Whether they are those of RWKV-7a, which is asked first.
bool is_rwkv7a(const WeightSource& weights);

/// Errors: Code::bad_shape naming the tensor; Code::unsupported for the research variants, by name.
Rwkv7 read_rwkv7(const WeightSource& weights);

ModelPrograms build_rwkv7(const Rwkv7& model);

}  // namespace rwkvk::arch
