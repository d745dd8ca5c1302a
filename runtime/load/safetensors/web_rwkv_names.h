#pragma once
// Files that web-rwkv's converter made (for web-rwkv, ai00 and their kin): close to the official names.

#include <cstddef>

#include "runtime/load/namings.h"

namespace rwkvk::load {

/// Whether versions 5 and 6 are named as there. Names of versions 4 and 7 are the official ones.
bool has_web_rwkv_names(const Tensors& tensors);

/// Errors: as add_tensor.
void use_names_of_web_rwkv(Checkpoint& checkpoint, size_t file_size_bytes);

}  // namespace rwkvk::load
