#include "runtime/load/adapter.h"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include "host/log.h"
#include "host/mapped_file.h"
#include "host/paths.h"
#include "runtime/load/adapter_config.h"
#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf_adapter.h"
#include "runtime/load/model_folder.h"
#include "runtime/load/pth/pth_container.h"
#include "runtime/load/shards.h"

namespace rwkvk::load {
namespace {

AdapterTensor part_of(const std::string& name, TensorView view, const std::string& path) {
    const AdapterEnding* ending = find_adapter_ending(name);
    if (!ending) return {name, name, AdapterRole::whole, std::move(view)};
    const size_t dims = view.shape.size();
    if (ending->is_matrix && dims > 2) {
        throw Error(
            Code::unsupported,
            concat(path, ": tensor ", quote(name), " is ", view.shape_text(),
                   ", expected a matrix: blocks of this kind are not read: merge the adapter into its "
                   "model with the program that made it"));
    }
    if ((ending->turned || ending->is_matrix) && dims < 2) {
        throw Error(Code::bad_shape, concat(path, ": tensor ", quote(name), " is ", view.shape_text(),
                                            ", expected a matrix: the adapter is damaged"));
    }
    if (ending->turned) view = view.transposed();
    return {name, name.substr(0, name.size() - ending->text.size()), ending->role, std::move(view)};
}

Adapter adapter_of(Checkpoint file) {
    Adapter adapter{.path = file.path, .tensors = {}, .storage = file.storage};
    for (auto& [name, view] : file.tensors)
        adapter.tensors.push_back(part_of(name, std::move(view), file.path));
    return adapter;
}

bool exists(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(to_path(path), ignored);
}

void set_factors(Adapter& adapter, AdapterRole role, const auto& factor_of) {
    for (AdapterTensor& tensor : adapter.tensors) {
        if (tensor.role == role) tensor.factor = factor_of(tensor.view);
    }
}

/// The rank of a product is the number of its rows.
uint64_t rank_of(const TensorView& lora_a) { return lora_a.shape.empty() ? 1 : lora_a.shape.front(); }

/// PEFT keeps alpha in a file of its own.
void use_peft_config(Adapter& adapter) {
    const std::string path = beside(adapter.path, "adapter_config.json");
    if (!exists(path)) {
        log(LogLevel::warning, concat(adapter.path,
                                      ": no adapter_config.json beside it, which has its alpha: "
                                      "its products count as they are"));
        return;
    }
    const MappedFile file(path);
    const PeftConfig config = parse_peft_config(as_text(file.bytes()), path);
    set_factors(adapter, AdapterRole::lora_a,
                [&](const TensorView& view) { return config.factor(rank_of(view)); });
}

/// The manifest of a MiSS adapter lies in its file, or beside it.
void use_miss_manifest(Adapter& adapter, std::span<const std::byte> file) {
    float scale = 1.0f;
    const std::string path = beside(adapter.path, "adapter.json");
    if (const auto inside = find_pth_member(file, adapter.path, "miss.json")) {
        scale = parse_miss_manifest(*inside, adapter.path + ": miss.json");
    } else if (exists(path)) {
        const MappedFile manifest(path);
        scale = parse_miss_manifest(as_text(manifest.bytes()), path);
    } else {
        log(LogLevel::warning, concat(adapter.path,
                                      ": a MiSS adapter without miss.json or adapter.json, which "
                                      "has its scale: it counts as it is"));
    }
    set_factors(adapter, AdapterRole::pieces, [&](const TensorView&) { return scale; });
}

bool is_miss(const AdapterTensor& tensor) { return tensor.name.ends_with(".D"); }

Adapter open_any(const std::string& path) {
    const auto file = std::make_shared<const MappedFile>(path);
    if (is_gguf_adapter({file->bytes(), path})) {
        Adapter adapter = read_gguf_adapter({file->bytes(), path});
        adapter.storage = file;
        return adapter;
    }
    Checkpoint tensors = open_tensors(path);
    const bool is_of_peft = tensors.prefix.find("base_model.") != std::string::npos;
    Adapter adapter = adapter_of(std::move(tensors));
    if (is_of_peft) use_peft_config(adapter);
    if (std::ranges::any_of(adapter.tensors, is_miss)) use_miss_manifest(adapter, file->bytes());
    return adapter;
}

}  // namespace

Adapter open_adapter(const std::string& path) {
    Adapter adapter = open_any(adapter_file(path));
    const auto order = [](const AdapterTensor& tensor) { return std::tie(tensor.target, tensor.role); };
    std::ranges::sort(adapter.tensors, {}, order);
    if (adapter.tensors.empty()) throw Error(Code::bad_file, concat(path, ": an adapter without tensors"));
    const auto same = [&](const auto& a, const auto& b) { return order(a) == order(b); };
    const auto twice = std::ranges::adjacent_find(adapter.tensors, same);
    if (twice == adapter.tensors.end()) return adapter;
    throw damaged(path, concat("tensors ", quote(twice->name), " and ", quote(std::next(twice)->name),
                               " say the same thing twice"));
}

}  // namespace rwkvk::load
