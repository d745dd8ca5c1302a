#pragma once

#include "runtime/arch/parts.h"
#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

/// Everything that distinguishes one RWKV-7 or 7a model from another, read from tensor shapes.
struct Rwkv7 : Dimensions {
    struct Ranks {
        uint32_t w, a, v, g;  // v is 0 in layer 0, which has no value residual; g is 0 without a gate
    };
    std::vector<Ranks> ranks;  // per layer
    /// Of the matrix that a token has in a layer: DeepEmbed, RWKV-7a.
    struct DeepMatrix {
        uint32_t rows, columns;
    };
    std::vector<DeepMatrix> deep;  // per layer; empty in RWKV-7.0
    float group_eps;
    bool has_group_norm = true;
};

/// Whether the tensors are those of RWKV-7, of whatever kind.
bool is_rwkv7(const WeightSource& weights);
/// Whether they are those of RWKV-7a, which is asked first.
bool is_rwkv7a(const WeightSource& weights);

/// Errors: Code::bad_shape naming the tensor; Code::unsupported for the research variants, by name.
Rwkv7 read_rwkv7(const WeightSource& weights);

/// The tensors of a block that `rwkv7_time_mix` is made of, as refuse_unknown takes them.
std::span<const std::string_view> time_mix7();

/// Heads and their size, from r_k. Errors: Code::bad_shape.
void set_heads7(Dimensions& m, const WeightSource& weights, std::string_view version);

/// w1, a1, v1 and g1 of a layer, which may have no gate.
/// Errors: Code::bad_shape naming the tensor.
Rwkv7::Ranks read_ranks7(const WeightSource& weights, std::string_view version, uint32_t layer,
                         bool has_gate = true);

/// What `x` is mixed into. Layer 0 sets `v_first`, which the others read.
Operand rwkv7_time_mix(Builder& b, const Rwkv7& m, uint32_t layer, Operand x, const BodyTables& tables,
                       Operand& v_first);

ModelPrograms build_rwkv7(const Rwkv7& model);

}  // namespace rwkvk::arch
