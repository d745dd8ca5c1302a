#pragma once
// What training programs put in front of tensors' names, and into them.

#include <cstddef>
#include <string>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Takes off what wraps a model in a trainer: modules between the parts of a name ("_orig_mod.") wherever
/// they stand, and what is in front of all of the model ("state_dict.model."), in any nesting; the shortest
/// beginning counts behind which a model's names follow, so those that begin with "model." themselves stay.
/// Tensors that are not behind it are no part of the model and are left out. Returns that beginning.
/// Errors: as add_tensor.
std::string take_prefixes_off(Checkpoint& checkpoint, size_t file_size_bytes);

}  // namespace rwkvk::load
