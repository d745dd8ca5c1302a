#include "runtime/load/joined_mixes.h"

#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr std::string_view letters = "rwkvag";

/// Dimensions in between are dropped; a width of 1 stays.
bool is_joined(const TensorView& view) {
    if (view.shape.size() < 2 || view.shape.front() != letters.size()) return false;
    return view.elements() == letters.size() * view.shape.back();
}

}  // namespace

void add_split_mixes(Checkpoint& checkpoint, size_t file_size_bytes, std::string_view name,
                     const std::string& prefix, const TensorView& joined) {
    if (!is_joined(joined)) {
        throw Error(Code::bad_shape,
                    concat(checkpoint.path, ": tensor ", quote(name), " is ", joined.shape_text(),
                           ", expected 6x1 times the embedding size: convert the model again"));
    }
    const uint64_t cols = joined.shape.back();
    for (size_t i = 0; i < letters.size(); ++i) {
        TensorView mix = joined.slice(i);
        mix.shape = {1, 1, cols};
        mix.strides = {cols, cols, 1};
        add_tensor(checkpoint, file_size_bytes, concat(prefix, letters[i]), std::move(mix));
    }
}

}  // namespace rwkvk::load
