#pragma once

#include <memory>

#include "runtime/graph/weight_source.h"
#include "runtime/load/tensor.h"

namespace rwkvk {

/// The weights of a model file.
std::unique_ptr<WeightSource> make_checkpoint_source(load::Checkpoint checkpoint);

}  // namespace rwkvk
