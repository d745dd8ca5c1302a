#include "runtime/load/pth/pth.h"

#include <algorithm>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"
#include "runtime/load/official.h"

namespace rwkvk::load {
namespace {

bool is_tensor(const PthValue& value) { return std::holds_alternative<TensorView>(value); }

bool has_names_below(const PthTree& tree, const std::string& prefix) {
    const auto at = tree.lower_bound(prefix);
    return at != tree.end() && at->first.starts_with(prefix);
}

// Training programs save the state dict inside of other things; the first place that looks like RWKV counts.
std::string model_prefix(const PthTree& tree) {
    for (const char* prefix : {"", "module.", "state_dict.", "state_dict.module.", "state_dict.model.",
                               "model.", "model.module.", "module.module."}) {
        if (has_names_below(tree, concat(prefix, "blocks.")) ||
            has_names_below(tree, concat(prefix, "emb."))) {
            return prefix;
        }
    }
    return "";
}

void refuse_converted(const PthTree& tree, const std::string& prefix, const std::string& path) {
    for (const char* marker : {"_strategy", "_version", "_rescale_layer"}) {
        if (!tree.contains(marker) && !tree.contains(prefix + marker)) continue;
        throw Error(Code::unsupported,
                    concat(path, ": ChatRWKV converted this file for itself (it holds '", marker,
                           "'): weights are transposed, scaled and perhaps quantised; "
                           "use the original .pth"));
    }
}

}  // namespace

Checkpoint read_pth(std::span<const std::byte> file, const std::string& path) {
    PthTree tree = read_pth_tree(file, path);
    const std::string prefix = model_prefix(tree);
    refuse_converted(tree, prefix, path);
    Checkpoint checkpoint{.format = "pth", .path = path, .tensors = {}, .storage = {}};
    while (!tree.empty()) {
        // Taken out one by one: tree and checkpoint are never both whole in memory.
        auto entry = tree.extract(tree.begin());
        if (!is_tensor(entry.mapped()) || !entry.key().starts_with(prefix)) continue;
        std::string name = entry.key().substr(prefix.size());
        TensorView tensor = from_official(name, std::get<TensorView>(std::move(entry.mapped())), path);
        add_tensor(checkpoint, file.size(), std::move(name), std::move(tensor));
    }
    if (checkpoint.tensors.empty()) {
        throw Error(
            Code::bad_file,
            concat(path, ": a PyTorch file without tensors, expected a model: fetch the model's own file"));
    }
    return checkpoint;
}

}  // namespace rwkvk::load
