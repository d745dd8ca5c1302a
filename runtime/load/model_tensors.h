#pragma once
// The step behind every container of named tensors (.pth, safetensors, their parts): what they are of.

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Tensors as a file names and lays them out become those of a Checkpoint: without prefixes of trainers, from
/// the names and layouts of the official .pth, of Hugging Face, flash-linear-attention, rwkv-rs and web-rwkv.
/// `metadata`: what the container says beside them. `file_size_bytes`: of all its parts.
/// Errors: Code::unsupported for names and layouts that cannot be told, saying why, and for what
/// refuse_foreign_names refuses; Code::bad_file for a saved state; Code::bad_shape.
Checkpoint to_model(Checkpoint tensors, const std::map<std::string, std::string>& metadata,
                    size_t file_size_bytes);

/// Errors: as read_safetensors and to_model.
Checkpoint read_safetensors_model(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
