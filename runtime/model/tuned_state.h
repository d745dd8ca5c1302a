#pragma once
// Initial states that were trained: what a sequence begins from instead of the empty state.

#include <string>
#include <vector>

#include "runtime/graph/program.h"
#include "runtime/graph/weight_source.h"

namespace rwkvk {

/// Names of the tensors that hold one.
std::vector<std::string> tuned_state_tensors(const WeightSource& tensors);

/// The state, as Context::state gives them, of the tensors "blocks.<i>.att.time_state", each [heads, size,
/// size] as [head][value][key]; what they do not give is as in the empty state. Empty where there are none.
/// Errors: Code::bad_shape for other shapes, missing layers, and layers that the model does not have; as
/// WeightSource::read_vector.
std::vector<float> tuned_state(const WeightSource& tensors, const Program& body, const std::string& where);

}  // namespace rwkvk
