#pragma once
// Tensors that say by their names that a file holds something this program does not read.

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Errors: Code::unsupported naming the tensor, what it is of and what to use instead, for weights that other
/// programs quantised and for adapters that no Blend is for.
void refuse_foreign_names(const Checkpoint& checkpoint);

}  // namespace rwkvk::load
