#include "runtime/load/pth/pth.h"

#include <algorithm>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"
#include "runtime/load/model_tensors.h"

namespace rwkvk::load {
namespace {

void refuse_converted(std::string_view name, const std::string& path) {
    name.remove_prefix(name.rfind('.') + 1);
    for (const char* marker : {"_strategy", "_version", "_rescale_layer"}) {
        if (name != marker) continue;
        throw Error(Code::unsupported,
                    concat(path, ": ChatRWKV converted this file for itself (it holds '", marker,
                           "'): weights are transposed, scaled and perhaps quantised; "
                           "use the original .pth"));
    }
}

}  // namespace

Checkpoint read_pth_tensors(std::span<const std::byte> file, const std::string& path) {
    PthTree tree = read_pth_tree(file, path);
    Checkpoint checkpoint{.format = "pth", .path = path, .tensors = {}, .storage = {}};
    while (!tree.empty()) {
        // Taken out one by one: tree and checkpoint are never both whole in memory.
        auto entry = tree.extract(tree.begin());
        refuse_converted(entry.key(), path);
        auto* const tensor = std::get_if<TensorView>(&entry.mapped());
        if (tensor) add_tensor(checkpoint, file.size(), std::move(entry.key()), std::move(*tensor));
    }
    if (checkpoint.tensors.empty()) {
        throw Error(
            Code::bad_file,
            concat(path, ": a PyTorch file without tensors, expected a model: fetch the model's own file"));
    }
    return checkpoint;
}

Checkpoint read_pth(std::span<const std::byte> file, const std::string& path) {
    return to_model(read_pth_tensors(file, path), {}, file.size());
}

}  // namespace rwkvk::load
