#pragma once

#include <cstdint>

#include "runtime/text/penalties.h"

namespace rwkvk::text {

/// In which order the logits are cut down after biases, bans and penalties.
enum class SamplerOrder {
    rwkv,   // softmax, min-p, typical, top-p, top-k, then temperature on the probabilities that are left
    llama,  // temperature, softmax, top-k, typical, top-p, min-p
};

struct SamplerParams {
    float temperature = 1.0f;  // 0: greedy
    float top_p = 1.0f;        // keeps the most probable tokens up to the one that reaches it; 0: greedy
    uint32_t top_k = 0;        // keeps at most so many; 0: all
    float min_p = 0.0f;        // drops what is less probable than this share of the most probable one
    float typical = 1.0f;      // keeps the tokens of most average surprise up to this probability; 1: all
    PenaltyParams penalties{};
    SamplerOrder order = SamplerOrder::rwkv;
    uint64_t seed = 0;
    bool operator==(const SamplerParams&) const = default;
};

}  // namespace rwkvk::text
