#pragma once
// Reading a model's dimensions from its tensors: what every version has in common.

#include <span>
#include <string_view>

#include "runtime/graph/weight_source.h"

namespace rwkvk::arch {

/// Of the norms over heads in the official code, which divides what enters a norm of 1e-5 by 8.
inline constexpr float head_norm_eps = 64e-5f;

/// What every version has. Heads are 0 where the version has none.
struct Dimensions {
    uint32_t layers, width, attention, heads, head_size, ffn, vocabulary;
};

/// "blocks.<layer>.<name>"
std::string block(uint32_t layer, std::string_view name);

bool has(const WeightSource& weights, const std::string& name);

/// Errors: Code::bad_shape where the tensor is missing or empty; `version` ("7.0") is named.
WeightSource::Shape need(const WeightSource& weights, std::string_view version, const std::string& name);

/// All but the heads, from the embedding, the names of the blocks, and a matrix of block 0 each for the width
/// of the attention and of the channel mix. Errors: Code::bad_shape naming the tensor.
Dimensions read_dimensions(const WeightSource& weights, std::string_view version,
                           const char* attention = "att.key.weight", const char* ffn = "ffn.key.weight");

/// Heads of the same size from their number, which `tensor` tells.
/// Errors: Code::bad_shape where they do not divide the attention or are too large for a state.
void set_heads(Dimensions& m, const std::string& tensor, uint64_t heads);

/// A variant that no program is for, and the tensor that tells it.
struct Variant {
    const char *tensor, *name;
};
/// Errors: Code::unsupported with the variant's name.
void refuse_variants(const WeightSource& weights, std::span<const Variant> variants);

/// Errors: Code::unsupported naming a tensor "att.…" or "ffn.…" of block 0 that is not in `known`, or in
/// `shared` with other versions, in which the names follow "blocks.0.". Tensors that no program asks for are
/// a research variant's, whose results would be wrong.
void refuse_unknown(const WeightSource& weights, std::string_view version,
                    std::span<const std::string_view> known, std::span<const std::string_view> shared = {});

}  // namespace rwkvk::arch
