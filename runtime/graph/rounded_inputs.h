#pragma once

#include "runtime/graph/backend.h"

namespace rwkvk {

/// The programs as they run with these weights: products with matrices of blocks are `linear_blocks`, and
/// each of their inputs is rounded once, before the first of them.
ModelPrograms with_rounded_inputs(const ModelPrograms& programs, const WeightSource& weights);

}  // namespace rwkvk
