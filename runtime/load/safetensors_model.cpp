#include "runtime/load/safetensors_model.h"

#include <algorithm>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"
#include "runtime/load/official.h"
#include "runtime/load/safetensors.h"

namespace rwkvk::load {
namespace {

using Tensors = std::map<std::string, TensorView>;

bool any_name(const Tensors& tensors, auto matches) {
    return std::ranges::any_of(tensors,
                               [&](const auto& entry) { return matches(std::string_view(entry.first)); });
}

bool any_prefix(const Tensors& tensors, std::string_view prefix) {
    const auto at = tensors.lower_bound(std::string(prefix));
    return at != tensors.end() && at->first.starts_with(prefix);
}

/// web-rwkv stores LoRA matrices the other way round: its `w1` is [rank, width] where the official one is
/// [width, rank].
bool has_turned_loras(const Tensors& tensors) {
    const auto embedding = tensors.find("emb.weight"), down = tensors.find("blocks.0.att.w1");
    if (embedding == tensors.end() || down == tensors.end()) return false;
    const auto width = embedding->second.squeezed().shape, found = down->second.squeezed().shape;
    return width.size() == 2 && found.size() == 2 && found[1] == width[1] && found[0] != width[1];
}

bool has_web_rwkv_names(const Tensors& tensors) {
    return any_name(tensors, [](std::string_view name) {
        return within_official_block(name).starts_with("att.time_mix_x") || name.ends_with(".lora.0");
    });
}

/// Whose names these are; null for official ones and for none that are known.
const char* other_naming(const Tensors& tensors) {
    if (any_prefix(tensors, "rwkv.")) return "of Hugging Face transformers ('rwkv.blocks...')";
    if (any_prefix(tensors, "model.layers.") || any_prefix(tensors, "model.embeddings."))
        return "of flash-linear-attention or Hugging Face ('model.layers...')";
    if (has_web_rwkv_names(tensors) || has_turned_loras(tensors)) return "and layout of web-rwkv (ai00)";
    return nullptr;
}

void check_naming(const Safetensors& file, const std::string& path) {
    const Tensors& tensors = file.contents.tensors;
    if (const char* other = other_naming(tensors)) {
        throw Error(Code::unsupported, concat(path, ": a safetensors file with the names ", other,
                                              ", which is not supported yet: use the original .pth"));
    }
    const auto format = file.metadata.find("format");
    if (format != file.metadata.end() && format->second == "rwkvk-state")
        throw Error(Code::bad_file, concat(path, ": a saved state, expected a model"));
    if (any_prefix(tensors, "blocks.") || any_prefix(tensors, "emb.")) return;
    throw Error(Code::bad_file,
                concat(path, ": a safetensors file without RWKV's names: expected 'emb.weight', found ",
                       tensors.empty() ? "no tensors" : quote(tensors.begin()->first)));
}

}  // namespace

Checkpoint read_safetensors_model(std::span<const std::byte> file, const std::string& path) {
    Safetensors read = read_safetensors(file, path);
    check_naming(read, path);
    for (auto& [name, tensor] : read.contents.tensors) tensor = from_official(name, std::move(tensor), path);
    return std::move(read.contents);
}

}  // namespace rwkvk::load
