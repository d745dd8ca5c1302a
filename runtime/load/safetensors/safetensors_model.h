#pragma once
// Models in safetensors files, under any of the names that RWKV models have there.

#include <cstddef>
#include <span>
#include <string>

#include "runtime/load/safetensors/safetensors.h"
#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// What the file's tensors are: names and layouts of the official .pth, of Hugging Face,
/// flash-linear-attention and web-rwkv become those of a Checkpoint. `file_size_bytes`: of all its parts.
/// Errors: Code::unsupported for names and layouts that cannot be told, saying why; Code::bad_file for files
/// that are no model, saying what they are; Code::bad_shape.
Checkpoint to_model(Safetensors file, size_t file_size_bytes);

/// Errors: as read_safetensors and to_model.
Checkpoint read_safetensors_model(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
