#pragma once
// Tensors as the official code saves them.

#include <string>
#include <string_view>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// What follows "blocks.<number>."; empty if the name is another.
std::string_view within_official_block(std::string_view name);

/// Whether the official code saves it [in, out], the other way round than every linear layer.
bool is_official_lora(std::string_view name);

/// The tensor as a Checkpoint has it: LoRA matrices, which are saved [in, out], become [out, in].
/// Errors: Code::bad_shape for a LoRA matrix that is none.
TensorView from_official(std::string_view name, TensorView tensor, const std::string& path);

/// Errors: Code::unsupported for a matrix per head that a file has as a vector, without saying how many heads
/// there are: it would be one large head.
void refuse_unknown_heads(const Checkpoint& checkpoint);

/// Errors: Code::unsupported naming the version, for models older than RWKV-4.
void refuse_old_versions(const Checkpoint& checkpoint);

}  // namespace rwkvk::load
