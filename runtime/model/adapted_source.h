#pragma once
// A model's weights with adapters blended in. docs/NUMERICS.md, "Adapters", says in which order.

#include <memory>
#include <span>
#include <string>

#include "runtime/graph/weight_source.h"

namespace rwkvk {

struct AdapterChoice {
    std::string path;
    float scale = 1.0f;
};

/// The weights with every adapter blended in, one after the other: matrices that change are float32, computed
/// a row at a time whenever they are read; the others are as they were. Without adapters: `weights`.
/// Errors: as load::open_adapter; Code::bad_shape naming the tensor, for an adapter of another model;
/// Code::bad_argument for a scale that is not finite. Reading: also Code::not_finite.
std::unique_ptr<WeightSource> add_adapters(std::unique_ptr<WeightSource> weights,
                                           std::span<const AdapterChoice> adapters);

}  // namespace rwkvk
