#pragma once
// Choosing the next token. Exact: the same logits and seed give the same token on every machine, since the
// probabilities use only the operations of shaders/exact_math.h and integers.

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

/// In the order of their use: softmax, top_p, top_k, then temperature on the probabilities that are left.
struct SamplerParams {
    float temperature = 1.0f;  // 0: greedy
    float top_p = 1.0f;        // keeps the most probable tokens up to the one that reaches it; 0: greedy
    uint32_t top_k = 0;        // keeps at most so many; 0: all
    uint64_t seed = 0;
};

/// Draws tokens one after the other; draw i uses the i-th block of Philox4x32-10 keyed by the seed. Greedy
/// choices use none.
class Sampler {
  public:
    /// Errors: Code::bad_argument for a temperature or top_p that is negative or not finite.
    explicit Sampler(const SamplerParams& params);

    /// Shapes: logits [vocabulary], finite. Ties go to the smaller id.
    /// Errors: Code::not_finite when a logit is NaN or infinite.
    Token sample(std::span<const float> logits);

    uint64_t draws() const { return draws_; }

  private:
    SamplerParams params_;
    uint64_t draws_ = 0;
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
struct Philox {
    uint32_t key[2];
    void block(const uint32_t counter[4], uint32_t out[4]) const;
};

}  // namespace rwkvk::text
