#pragma once
// The .bin files of the rwkv.cpp project.

#include <cstddef>
#include <span>
#include <string>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

bool is_rwkv_cpp(std::span<const std::byte> file);

/// Reads a model of versions 4 to 7, quantised ones too; its converter already stores LoRA matrices [out,
/// in]. What it has transformed does not have the official name: att.decay is time_decay as the recurrence
/// uses it. Errors: Code::bad_file; Code::unsupported for file versions other than 100
/// and 101, quantised files of version 100, whose blocks are others, and types that only activations have.
Checkpoint read_rwkv_cpp(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
