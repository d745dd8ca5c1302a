#pragma once
// Files that belong to a model and are none: states and adapters, which look like models.

#include <string>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Errors: Code::bad_file saying what the file is and how to use it.
void refuse_parts_of_models(const Checkpoint& checkpoint);

}  // namespace rwkvk::load
