#pragma once
// Which way round a file stores the matrices of low rank (LoRA) of versions 6 and 7.

#include <optional>
#include <string>

#include "runtime/load/namings.h"

namespace rwkvk::load {

/// By their shapes, under official names: what lies beside the embedding's width, or beside the attention's,
/// is the rank. `documented` counts where all are square. In a file without an embedding (an adapter) those
/// that are not square are told later, by the model's own. Errors: Code::bad_file where some lie one way and
/// some the other; Code::unsupported where nothing tells.
LoraLayout lora_layout_of(const Tensors& tensors, std::optional<LoraLayout> documented,
                          const std::string& path);

/// Every matrix of low rank as [out, in]. Errors: Code::bad_shape.
void use_linear_layout(Tensors& tensors, LoraLayout found, const std::string& path);

/// Whether the tuned initial states of a safetensors file under official names are [head][key][value], as
/// web-rwkv's converter turns them; they are square. Those in a whole model lie as its other tensors do; a
/// state alone is of that converter if it is float16, which it makes of everything.
/// Errors: Code::unsupported for a state alone of another type.
bool states_are_turned(const Checkpoint& checkpoint);

/// Exchanges the last two dimensions of tuned initial states.
void turn_states(Tensors& tensors);

}  // namespace rwkvk::load
