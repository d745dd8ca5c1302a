#pragma once
// The six token-shift mixes of RWKV-7, which converters join to one tensor.

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Adds "<prefix>r", "<prefix>w" … "<prefix>g", each [1, 1, width] as officially, for the rows of `joined`,
/// which is [6, width] or has ones in between. `name` is the joined tensor's, for errors. Errors:
/// Code::bad_shape for another shape; as add_tensor.
void add_split_mixes(Checkpoint& checkpoint, size_t file_size_bytes, std::string_view name,
                     const std::string& prefix, const TensorView& joined);

}  // namespace rwkvk::load
