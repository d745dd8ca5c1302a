#include "runtime/load/pth.h"

#include <algorithm>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"

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

// After "blocks.<number>."; empty if the name is another.
std::string_view within_block(std::string_view name) {
    constexpr std::string_view blocks = "blocks.";
    if (!name.starts_with(blocks)) return {};
    name.remove_prefix(blocks.size());
    const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    return digits > 0 && name.substr(digits).starts_with('.') ? name.substr(digits + 1) : std::string_view{};
}

// These are stored [in, out], the other way round than every linear layer.
bool is_lora(std::string_view name) {
    static constexpr std::string_view loras[] = {
        // v6
        "att.time_maa_w1", "att.time_maa_w2", "att.time_decay_w1", "att.time_decay_w2",
        // v7
        "att.w1", "att.w2", "att.a1", "att.a2", "att.v1", "att.v2", "att.g1", "att.g2",
        // v7a, v7b
        "ffn.s1", "ffn.s2", "qkv.k1", "qkv.k2", "qkv.v1", "qkv.v2"};
    return std::ranges::find(loras, within_block(name)) != std::end(loras);
}

TensorView official(std::string_view name, TensorView tensor, const std::string& path) {
    if (!is_lora(name)) return tensor;
    if (tensor.shape.size() < 2) {
        throw Error(Code::bad_shape, concat(path, ": tensor ", quote(name), " is ", tensor.shape_text(),
                                            ", expected a matrix: not an RWKV model of a known version"));
    }
    return tensor.transposed();
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
        TensorView tensor = official(name, std::get<TensorView>(std::move(entry.mapped())), path);
        add_tensor(checkpoint, file.size(), std::move(name), std::move(tensor));
    }
    if (checkpoint.tensors.empty()) {
        throw Error(Code::bad_file, concat(path, ": a PyTorch file without tensors, expected a model"));
    }
    return checkpoint;
}

}  // namespace rwkvk::load
