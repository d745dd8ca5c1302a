#pragma once
// A model's weights with matrices in other formats than they have in its file.

#include <map>
#include <memory>
#include <string>

#include "runtime/graph/weight_source.h"

namespace rwkvk {

/// The weights with `matrices` in these formats, encoded a row at a time whenever they are read, and all
/// other tensors as f32. What has its format already keeps its bits. Errors when read: also
/// Code::bad_argument naming the tensor, for a value that its format cannot hold.
std::unique_ptr<WeightSource> convert_weights(std::shared_ptr<const WeightSource> weights,
                                              std::map<std::string, WeightFormat> matrices);

}  // namespace rwkvk
