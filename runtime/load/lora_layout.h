#pragma once
// Which way round a file stores the matrices of low rank (LoRA) of versions 6 and 7.

#include <optional>
#include <string>

#include "runtime/load/namings.h"

namespace rwkvk::load {

/// By their shapes, under official names: what lies beside the embedding's width, or beside the attention's,
/// is the rank. `documented` counts where all are square. Errors: Code::bad_file where some lie one way and
/// some the other; Code::unsupported where nothing tells.
LoraLayout lora_layout_of(const Tensors& tensors, std::optional<LoraLayout> documented,
                          const std::string& path);

/// Every matrix of low rank as [out, in], and tuned initial states as [head][value][key]: web-rwkv turns
/// those too. Errors: Code::bad_shape.
void use_linear_layout(Tensors& tensors, LoraLayout found, bool turned_states, const std::string& path);

}  // namespace rwkvk::load
