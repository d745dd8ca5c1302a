#include "runtime/load/limits.h"

#include <algorithm>
#include <utility>

#include "host/error.h"
#include "runtime/load/bytes.h"

namespace rwkvk::load {

void check_name(const std::string& path, std::string_view name) {
    const bool printable = std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
    if (printable && !name.empty() && name.size() <= max_name_bytes) return;
    throw damaged(path, concat("tensor name ", quote(name), " of ", name.size(), " bytes: expected 1 to ",
                               max_name_bytes, " printable ASCII characters"));
}

void add_tensor(Checkpoint& checkpoint, size_t file_size_bytes, std::string name, TensorView tensor) {
    check_name(checkpoint.path, name);
    if (checkpoint.tensors.size() >= max_tensors(file_size_bytes)) {
        throw damaged(checkpoint.path, concat("more than ", max_tensors(file_size_bytes), " tensors"));
    }
    if (checkpoint.tensors.contains(name))
        throw damaged(checkpoint.path, concat("two tensors named ", quote(name)));
    checkpoint.tensors.emplace(std::move(name), std::move(tensor));
}

}  // namespace rwkvk::load
