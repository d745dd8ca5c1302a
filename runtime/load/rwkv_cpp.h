#pragma once
// The .bin files of the rwkv.cpp project.

#include <cstddef>
#include <span>
#include <string>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

bool is_rwkv_cpp(std::span<const std::byte> file);

/// Reads an RWKV-7 model of f32 and f16 tensors; its converter already stores LoRA matrices [out, in].
/// Errors: Code::bad_file; Code::unsupported for quantised tensors, file versions other than 100 and 101, and
/// models before version 7.
Checkpoint read_rwkv_cpp(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
