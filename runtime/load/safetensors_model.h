#pragma once
// Models in safetensors files, under the names and in the shapes of the official .pth.

#include <cstddef>
#include <span>
#include <string>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Errors: as read_safetensors; Code::unsupported for files named or laid out as other programs do it, saying
/// which; Code::bad_file for files that are no model.
Checkpoint read_safetensors_model(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
