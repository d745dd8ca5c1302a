#pragma once
// How other programs name the tensors of RWKV models.

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

using Tensors = std::map<std::string, TensorView>;

/// Which way round a file has matrices of low rank (LoRA).
enum class LoraLayout { in_out, out_in };

/// A name, or the beginning of names where it ends with a dot, and the official one.
struct NameRow {
    std::string_view other, official;
};

struct Naming {
    std::string_view whose;
    std::string_view blocks;                  // in front of a block's number: "model.layers."
    std::span<const std::string_view> tells;  // what names of its blocks begin with, and those of no other
    std::span<const NameRow> around,
        within;        // outside of the blocks, and in them; the first that fits counts
    LoraLayout loras;  // as documented; shapes tell where they can
};

/// Whether any name begins so.
bool any_below(const Tensors& tensors, std::string_view prefix);

/// Of a model or an adapter. Null for official names, those of web-rwkv, and for names of no RWKV.
const Naming* find_naming(const Tensors& tensors);

/// Gives every tensor its official name, parts of adapters too, and splits joined mixes. Shapes stay as they
/// are. Errors: Code::unsupported naming a tensor that no row has; Code::bad_shape; as add_tensor.
void use_official_names(Checkpoint& checkpoint, size_t file_size_bytes, const Naming& naming);

}  // namespace rwkvk::load
