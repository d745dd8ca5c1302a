#include "runtime/load/model_tensors.h"

#include <algorithm>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/foreign_names.h"
#include "runtime/load/lora_layout.h"
#include "runtime/load/namings.h"
#include "runtime/load/safetensors/safetensors.h"
#include "runtime/load/safetensors/web_rwkv_names.h"
#include "runtime/load/trainer_prefixes.h"

namespace rwkvk::load {
namespace {

void refuse_by_metadata(const Metadata& metadata, const std::string& path) {
    const auto format = metadata.find("format");
    if (format != metadata.end() && format->second == "rwkvk-state")
        throw Error(Code::bad_file,
                    concat(path, ": a saved state, expected a model: give it with --state beside its model"));
    if (metadata.contains("rwkvq"))
        throw Error(Code::unsupported,
                    concat(path,
                           ": a model that rwkv-quant quantised (.rwkvq), which is not read: use the "
                           "original .pth"));
}

}  // namespace

Checkpoint to_model(Checkpoint model, const Metadata& metadata, size_t file_size_bytes) {
    refuse_by_metadata(metadata, model.path);
    model.prefix = take_prefixes_off(model, file_size_bytes);
    refuse_foreign_names(model);
    if (any_below(model.tensors, "model.layers.0.attn.x_proj.")) {
        throw Error(Code::unsupported,
                    concat(model.path, ": an RWKV-6 of flash-linear-attention: use the original .pth"));
    }
    const bool is_pth = model.format == "pth";
    std::optional<LoraLayout> documented;
    if (is_pth) documented = LoraLayout::in_out;  // as the official programs save them
    if (const Naming* naming = find_naming(model.tensors)) {
        use_official_names(model, file_size_bytes, *naming);
        documented = naming->loras;
    }
    const bool web_rwkv = has_web_rwkv_names(model.tensors);
    if (web_rwkv) {
        use_names_of_web_rwkv(model, file_size_bytes);
        documented = LoraLayout::out_in;
    }
    const LoraLayout found = lora_layout_of(model.tensors, documented, model.path);
    const bool is_of_web_rwkv = web_rwkv || (found == LoraLayout::out_in && !documented);
    use_linear_layout(model.tensors, found, model.path);
    if (is_of_web_rwkv || (!is_pth && states_are_turned(model))) turn_states(model.tensors);
    return model;
}

Checkpoint read_safetensors_model(std::span<const std::byte> file, const std::string& path) {
    Safetensors read = read_safetensors(file, path);
    return to_model(std::move(read.contents), read.metadata, file.size());
}

}  // namespace rwkvk::load
