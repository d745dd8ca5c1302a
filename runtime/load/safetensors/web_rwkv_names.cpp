#include "runtime/load/safetensors/web_rwkv_names.h"

#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"
#include "runtime/load/official.h"

namespace rwkvk::load {
namespace {

bool is_v6(const Tensors& tensors) { return tensors.contains("blocks.0.att.time_mix_x"); }

/// An official model with a gate has time_faaaa.
bool is_v5(const Tensors& tensors) {
    return tensors.contains("blocks.0.att.gate.weight") && tensors.contains("blocks.0.att.time_first");
}

void replace(std::string& name, std::string_view from, std::string_view to) {
    const size_t at = name.find(from);
    if (at != name.npos) name.replace(at, from.size(), to);
}

}  // namespace

bool has_web_rwkv_names(const Tensors& tensors) { return is_v6(tensors) || is_v5(tensors); }

void use_names_of_web_rwkv(Checkpoint& checkpoint, size_t file_size_bytes) {
    const bool v6 = is_v6(checkpoint.tensors);
    Tensors tensors = std::exchange(checkpoint.tensors, {});
    while (!tensors.empty()) {
        auto entry = tensors.extract(tensors.begin());
        std::string name = std::move(entry.key());
        if (!within_official_block(name).empty()) {
            replace(name, ".time_first", ".time_faaaa");
            if (v6) replace(name, ".time_mix_", ".time_maa_");
        }
        add_tensor(checkpoint, file_size_bytes, std::move(name), std::move(entry.mapped()));
    }
}

}  // namespace rwkvk::load
