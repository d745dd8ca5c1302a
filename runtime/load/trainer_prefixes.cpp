#include "runtime/load/trainer_prefixes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "host/error.h"
#include "runtime/load/limits.h"
#include "runtime/load/namings.h"

namespace rwkvk::load {
namespace {

/// Modules that wrap one of the model's: of DeepSpeed, torch.compile, FSDP, PEFT.
constexpr std::string_view wrappers[] = {"_forward_module.",      "_orig_mod.",
                                         "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.",
                                         "base_layer.",           "modules_to_save.default.",
                                         "modules_to_save."};
/// What all of a model may lie in. PEFT's "base_model.model." is two of them.
constexpr std::string_view around[] = {"state_dict.", "model_state_dict.", "model.", "module.",
                                       "base_model."};
constexpr size_t most_around = 8;

/// What names of models begin with, in every naming.
constexpr std::string_view beginnings[] = {
    "blocks.",          "emb.",          "head.",    "ln_out.",           "rwkv.blocks.",
    "rwkv.embeddings.", "model.layers.", "lm_head.", "model.embeddings.", "model.embed_tokens."};

/// A wrapper is a whole part of the name: it begins it or stands behind a dot.
std::string without(std::string name, std::string_view wrapper) {
    size_t at = 0;
    while ((at = name.find(wrapper, at)) != name.npos) {
        const bool is_whole = at == 0 || name[at - 1] == '.';
        is_whole ? void(name.erase(at, wrapper.size())) : void(at += wrapper.size());
    }
    return name;
}

std::string without_wrappers(std::string name) {
    for (const std::string_view wrapper : wrappers) name = without(std::move(name), wrapper);
    return name;
}

bool has_model_below(const Tensors& tensors, const std::string& prefix) {
    return std::ranges::any_of(
        beginnings, [&](std::string_view begin) { return any_below(tensors, concat(prefix, begin)); });
}

std::string model_prefix(const Tensors& tensors) {
    std::vector<std::string> prefixes = {""};
    for (size_t depth = 0; depth < most_around && !prefixes.empty(); ++depth) {
        std::vector<std::string> longer;
        for (const std::string& prefix : prefixes) {
            if (has_model_below(tensors, prefix)) return prefix;
            for (const std::string_view piece : around) {
                if (any_below(tensors, concat(prefix, piece))) longer.push_back(concat(prefix, piece));
            }
        }
        prefixes = std::move(longer);
    }
    return "";
}

/// Every name as `rename` gives it; nothing leaves the tensor out.
template <typename Rename>
void rename_tensors(Checkpoint& checkpoint, size_t file_size_bytes, const Rename& rename) {
    Tensors tensors = std::exchange(checkpoint.tensors, {});
    while (!tensors.empty()) {
        auto entry = tensors.extract(tensors.begin());
        std::optional<std::string> name = rename(std::move(entry.key()));
        if (name) add_tensor(checkpoint, file_size_bytes, std::move(*name), std::move(entry.mapped()));
    }
}

}  // namespace

std::string take_prefixes_off(Checkpoint& checkpoint, size_t file_size_bytes) {
    rename_tensors(checkpoint, file_size_bytes,
                   [](std::string name) { return std::optional(without_wrappers(std::move(name))); });
    const std::string prefix = model_prefix(checkpoint.tensors);
    if (prefix.empty()) return prefix;
    rename_tensors(checkpoint, file_size_bytes, [&](std::string name) -> std::optional<std::string> {
        if (!name.starts_with(prefix)) return std::nullopt;
        return name.substr(prefix.size());
    });
    return prefix;
}

}  // namespace rwkvk::load
