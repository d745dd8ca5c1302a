#pragma once
// What a layer of a random model costs: the difference between three layers and two.

#include <functional>

#include "runtime/graph/phases.h"
#include "runtime/synthetic/synthetic_model.h"

namespace rwkvk::test {

struct LayerCost {
    size_t steps, phases;
};

/// Of the body that `program` makes of the model's.
inline LayerCost layer_cost(const std::string& version, const std::string& type,
                            const std::function<Program(const ModelPrograms&)>& program) {
    const auto body = [&](int layers) {
        return program(synthetic_model(concat(version, ":", layers, "x512x64:", type))->programs());
    };
    const Program two = body(2), three = body(3);
    return {three.steps.size() - two.steps.size(), phases_of(three).back() - phases_of(two).back()};
}

}  // namespace rwkvk::test
