#pragma once

#include <cstdint>

#include "shaders/exact_math.h"
#include "shaders/params.h"

namespace rwkvk::cpu {

/// body(function) with the function of one of params.h's activations, which takes settled values and gives
/// unsettled ones.
template <typename Body>
[[gnu::always_inline]] inline void with_activation(uint32_t activation, const Body& body) {
    using namespace exact;
    switch (activation) {
        case params::ACT_TANH:
            return body([](float x) { return exact_tanh(x); });
        case params::ACT_SIGMOID:
            return body([](float x) { return exact_sigmoid(x); });
        case params::ACT_RELU2:
            return body([](float x) { return x > 0.0f ? x * x : 0.0f; });
        case params::ACT_DECAY7:
            return body([](float x) { return exact_exp(settle(-0.60653066f * exact_sigmoid(x))); });
        case params::ACT_SILU:
            return body([](float x) { return exact_silu(x); });
        case params::ACT_DECAY6:
            return body([](float x) { return exact_exp(settle(-exact_exp(x))); });
        default:
            return body([](float x) { return x; });
    }
}

}  // namespace rwkvk::cpu
