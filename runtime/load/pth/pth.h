#pragma once
// PyTorch checkpoints: everything the file holds (the tree), and the model among it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// None, bool, int, float, text or a tensor. Text and tensors stay in the file.
using PthValue = std::variant<std::monostate, bool, int64_t, double, std::string_view, TensorView>;

/// Names are paths: keys of dictionaries and positions in lists, joined by dots.
using PthTree = std::map<std::string, PthValue>;

/// Reads whatever was saved, as it was saved (no LoRA is transposed).
/// Errors: Code::bad_file, Code::unsupported; `path` only names the file in them.
PthTree read_pth_tree(std::span<const std::byte> file, const std::string& path);

/// Every tensor, named and laid out as it was saved; what is none is left out.
/// Errors: as above, Code::bad_file for a file without tensors, and Code::unsupported for files that ChatRWKV
/// converted for itself.
Checkpoint read_pth_tensors(std::span<const std::byte> file, const std::string& path);

/// A model, or a part of one. Errors: as read_pth_tensors and to_model.
Checkpoint read_pth(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
