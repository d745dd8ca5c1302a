#include "runtime/load/adapter.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "host/mapped_file.h"
#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf_adapter.h"

namespace rwkvk::load {
namespace {

struct Ending {
    std::string_view text;
    AdapterRole role;
    bool turned;  // the file has the last two dimensions the other way round
};
constexpr Ending endings[] = {
    {".init_lora_A", AdapterRole::init_lora_a, false},
    {".init_lora_B", AdapterRole::init_lora_b, false},
    {".lora_A", AdapterRole::lora_a, false},
    {".lora_B", AdapterRole::lora_b, false},
    {".lora_A.weight", AdapterRole::lora_a, false},
    {".lora_B.weight", AdapterRole::lora_b, false},
    {".lora.0", AdapterRole::lora_a, true},  // web-rwkv
    {".lora.1", AdapterRole::lora_b, false},
    {".disha", AdapterRole::pieces, false},
    {".bone", AdapterRole::pieces, false},
};

/// Null for tensors under a model's own names.
const Ending* ending_of(std::string_view name) {
    const auto* found =
        std::ranges::find_if(endings, [&](const Ending& ending) { return name.ends_with(ending.text); });
    return found == std::end(endings) ? nullptr : found;
}

AdapterTensor part_of(const std::string& name, TensorView view, const std::string& path) {
    const Ending* ending = ending_of(name);
    if (!ending) return {name, name, AdapterRole::whole, std::move(view)};
    if (ending->turned && view.shape.size() < 2) {
        throw Error(Code::bad_shape, concat(path, ": tensor ", quote(name), " is ", view.shape_text(),
                                            ", expected a matrix: the adapter is damaged"));
    }
    if (ending->turned) view = view.transposed();
    return {name, name.substr(0, name.size() - ending->text.size()), ending->role, std::move(view)};
}

Adapter adapter_of(Checkpoint file) {
    Adapter adapter{.path = file.path, .tensors = {}, .alpha = {}, .storage = file.storage};
    for (auto& [name, view] : file.tensors)
        adapter.tensors.push_back(part_of(name, std::move(view), file.path));
    return adapter;
}

Adapter open_any(const std::string& path) {
    const auto file = std::make_shared<const MappedFile>(path);
    if (!is_gguf_adapter({file->bytes(), path})) return adapter_of(open_tensors(path));
    Adapter adapter = read_gguf_adapter({file->bytes(), path});
    adapter.storage = file;
    return adapter;
}

}  // namespace

bool is_adapter_name(std::string_view name) { return ending_of(name) != nullptr; }

Adapter open_adapter(const std::string& path) {
    Adapter adapter = open_any(path);
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
