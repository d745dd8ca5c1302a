#pragma once
// The tokens that sampling may choose, with integer weights; the only float operations are those of
// shaders/exact_math.h. docs/NUMERICS.md, "Sampling", is the definition.

#include <cstdint>
#include <span>

#include "runtime/text/ranking.h"
#include "runtime/text/sampler.h"

namespace rwkvk::text {

/// What is left of edited logits after the stages of `params.order`. Each stage sees the tokens that the ones
/// before it have left, with probabilities that sum to 1 again.
class Distribution {
  public:
    /// Shapes: logits [vocabulary]; -inf stands for a banned token, none is NaN or +inf.
    /// Errors: Code::bad_argument when no token is left.
    Distribution(std::span<const float> logits, const SamplerParams& params);

    /// How many tokens are kept.
    size_t size() const { return tokens_.size(); }
    uint64_t total() const { return total_; }
    Token id(size_t rank);
    uint64_t weight(size_t rank);
    /// The token at `fraction` / 2^64 of the total.
    Token pick(uint64_t fraction);

  private:
    void keep_min_p(float min_p);
    void keep_typical(float typical);
    void keep_top_p(float top_p);
    void keep_top_k(uint32_t top_k);
    void truncate(const SamplerParams& params);

    float exponent_of(RankedToken token) const;
    uint64_t weight_of(RankedToken token) const;
    uint64_t sum_of_weights() const;
    uint64_t mean_surprise() const;

    LazyOrder<RankedToken> tokens_;
    float highest_;    // logit of those kept
    float scale_ = 1;  // of logits: 1, or 1 / temperature
    uint64_t total_ = 0;
};

/// Whether nothing is left to chance: the temperature or top_p is 0, or below 2^-50.
bool is_greedy(const SamplerParams& params);

}  // namespace rwkvk::text
