#pragma once
// Models in several safetensors files.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// The files of the model that `path` is an index ("….safetensors.index.json") or a part
/// ("…-00002-of-00005.safetensors") of; none for a file that is whole. `file`: its contents. Errors:
/// Code::bad_file for a damaged index.
std::vector<std::string> shards_of(std::span<const std::byte> file, const std::string& path);

/// Maps all parts. `path` is the name the model goes by.
/// Errors: as open_checkpoint; Code::io naming a part that is missing.
Checkpoint open_shards(const std::vector<std::string>& parts, const std::string& path);

}  // namespace rwkvk::load
