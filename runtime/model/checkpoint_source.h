#pragma once

#include <memory>
#include <optional>

#include "runtime/graph/weight_source.h"
#include "runtime/load/tensor.h"

namespace rwkvk {

/// What tensors of a stored type are computed from; nothing for types that hold no weights.
std::optional<WeightFormat> weight_format_of(load::DType type);

/// The weights of a model file.
std::unique_ptr<WeightSource> make_checkpoint_source(load::Checkpoint checkpoint);

}  // namespace rwkvk
