#include "runtime/load/safetensors/safetensors_model.h"

#include <algorithm>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/lora_layout.h"
#include "runtime/load/namings.h"
#include "runtime/load/official.h"
#include "runtime/load/safetensors/web_rwkv_names.h"

namespace rwkvk::load {
namespace {

bool any_prefix(const Tensors& tensors, std::string_view prefix) {
    const auto at = tensors.lower_bound(std::string(prefix));
    return at != tensors.end() && at->first.starts_with(prefix);
}

void check_is_model(const Safetensors& file) {
    const Tensors& tensors = file.contents.tensors;
    const std::string& path = file.contents.path;
    const auto format = file.metadata.find("format");
    if (format != file.metadata.end() && format->second == "rwkvk-state")
        throw Error(Code::bad_file,
                    concat(path, ": a saved state, expected a model: give it with --state beside its model"));
    if (any_prefix(tensors, "model.layers.0.attn.x_proj.")) {
        throw Error(Code::unsupported,
                    concat(path, ": an RWKV-6 of flash-linear-attention: use the original .pth"));
    }
    if (any_prefix(tensors, "blocks.") || any_prefix(tensors, "emb.")) return;
    throw Error(Code::bad_file,
                concat(path, ": a safetensors file without RWKV's names: expected 'emb.weight', found ",
                       tensors.empty() ? "no tensors" : quote(tensors.begin()->first),
                       ": use a file of an RWKV model"));
}

}  // namespace

Checkpoint to_model(Safetensors file, size_t file_size_bytes) {
    Checkpoint& model = file.contents;
    std::optional<LoraLayout> documented;
    if (const Naming* naming = find_naming(model.tensors)) {
        use_official_names(model, file_size_bytes, *naming);
        documented = naming->loras;
    }
    check_is_model(file);
    const bool web_rwkv = has_web_rwkv_names(model.tensors);
    if (web_rwkv) {
        use_names_of_web_rwkv(model, file_size_bytes);
        documented = LoraLayout::out_in;
    }
    const LoraLayout found = lora_layout_of(model.tensors, documented, model.path);
    // A tuned state in a file of its own comes from web-rwkv's converter: official ones are .pth.
    const bool alone = !model.tensors.contains("emb.weight");
    const bool turned = web_rwkv || alone || (found == LoraLayout::out_in && !documented);
    use_linear_layout(model.tensors, found, turned, model.path);
    return std::move(model);
}

Checkpoint read_safetensors_model(std::span<const std::byte> file, const std::string& path) {
    return to_model(read_safetensors(file, path), file.size());
}

}  // namespace rwkvk::load
