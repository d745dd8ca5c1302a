#pragma once
// Models in several files, as Hugging Face's programs write them: safetensors, or .bin of PyTorch.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// The path of a file in the folder of another.
std::string beside(const std::string& path, const std::string& name);

/// A name such as "model-00002-of-00005.safetensors".
struct ShardName {
    std::string_view stem;  // "model"
    size_t number, count;   // from 1
    std::string_view ending;
};
/// Nothing for a name of a whole file. `endings`: those that parts may have.
std::optional<ShardName> shard_name(std::string_view name, std::span<const std::string_view> endings);

/// What stands in front of ".index.json" in the name of an index, as "model.safetensors"; empty for others.
std::string_view name_of_index(std::string_view name);

/// The files of the model that `path` is an index ("….safetensors.index.json", "….bin.index.json") or a part
/// of; none for a file that is whole. `file`: its contents. Errors: Code::bad_file for a damaged index.
std::vector<std::string> shards_of(std::span<const std::byte> file, const std::string& path);

/// Maps all parts. `path` is the name the model goes by.
/// Errors: as open_checkpoint; Code::io naming a part that is missing.
Checkpoint open_shards(const std::vector<std::string>& parts, const std::string& path);

}  // namespace rwkvk::load
