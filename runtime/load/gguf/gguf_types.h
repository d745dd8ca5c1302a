#pragma once
// The tables of GGUF files: element types, architectures, tensor names (formats.md of the format, 3.2
// to 3.4).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// An element type of ggml.
struct GgmlType {
    uint32_t id;
    std::string_view name;
    std::optional<DType> dtype;  // nothing: known, but not read yet
    uint32_t block_elements, block_bytes;
};

/// Null for an id that no row has.
const GgmlType* find_ggml_type(uint32_t id);
/// The row that stores `type`; every type that a GGUF file is written with has one.
const GgmlType& ggml_type_of(DType type);

/// How a tensor of a GGUF file becomes official ones.
enum class GgufChange {
    none,
    split_mixes,   // [6,1,1,D] becomes x_r, x_w, x_k, x_v, x_a, x_g; without a gate five rows, and no x_g
    split_mixes6,  // [5,1,1,D] becomes time_maa_w, _k, _v, _r, _g
    single_mix,    // none; stands in older files in place of split_mixes6, and is not written
    heads,         // [A] becomes [A / head size, head size]
    rescaled,      // is multiplied by 2^(block / rescale_every_n_layers)
};

/// The norms around the blocks: of RWKV, or RMS norms whose epsilon the file tells.
enum class GgufNorms { layer, rms };

/// What `general.architecture` may be.
struct GgufArchitecture {
    std::string_view name;
    GgufNorms norms;
    uint32_t names;  // which rows of the table of names are its own; 0: its files have official names
};

/// Null for one that is not RWKV.
const GgufArchitecture* find_gguf_architecture(std::string_view name);

/// A tensor's name in both worlds. Names of blocks are what follows "blk.N." and "blocks.N.".
struct GgufName {
    uint32_t architectures;  // bits of GgufArchitecture::names
    bool of_block;
    std::string_view gguf, official;
    GgufChange change;
};

/// All rows, in the order in which files hold the tensors.
std::span<const GgufName> gguf_names();
bool is_of(const GgufName& row, std::string_view architecture);

/// The order of the joined mixes: the official names are `official` and one of these letters.
inline constexpr std::string_view gguf_mix_letters = "rwkvag";
inline constexpr std::string_view gguf_mix6_letters = "wkvrg";

/// A name of a GGUF file, taken apart.
struct GgufPlace {
    const GgufName* row;
    uint32_t block;                // 0 for names outside of blocks
    std::string official() const;  // for joined mixes: without the letter
};

/// Nothing for names without a row.
std::optional<GgufPlace> find_gguf_name(std::string_view architecture, std::string_view name);

}  // namespace rwkvk::load
