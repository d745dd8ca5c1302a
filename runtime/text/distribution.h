#pragma once
// The tokens that sampling may choose, with integer weights. Integers make every sum independent of its order
// and of the processor's float mode; the only float operations are those of shaders/exact_math.h.

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/text/sampler.h"

namespace rwkvk::text {

/// Tokens in falling order of logit, settled; equal ones in rising order of id. Sorted only as far as asked
/// for, since sampling rarely looks beyond the first few.
class Ranking {
  public:
    /// Errors: Code::bad_argument for no logits; Code::not_finite when one is NaN or infinite.
    explicit Ranking(std::span<const float> logits);

    size_t size() const { return ranked_.size(); }
    /// Puts the first `count` in their places, for good; the others follow in any order.
    void rank_first(size_t count);
    Token id(size_t place) const { return ~static_cast<uint32_t>(ranked_[place]); }
    float logit(size_t place) const;

  private:
    // The logit's bits, made to rise with it, then the id's complement: one integer order without equals.
    std::vector<uint64_t> ranked_;
    size_t sorted_ = 1;  // the highest is put first at once
};

/// What is left of the logits after top-p, then top-k, then temperature.
class Distribution {
  public:
    Distribution(std::span<const float> logits, const SamplerParams& params);

    /// How many tokens are kept.
    size_t size() const { return kept_; }
    uint64_t total() const { return total_; }
    Token id(size_t rank);
    uint64_t weight(size_t rank);
    /// The token at `fraction` / 2^64 of the total.
    Token pick(uint64_t fraction);

  private:
    uint64_t weight_at(size_t place, float inverse_temperature) const;
    size_t count_top_p(float top_p);

    Ranking ranking_;
    float highest_;  // logit
    float inverse_temperature_ = 1;
    size_t kept_ = 1;
    uint64_t total_ = 0;
};

/// Whether nothing is left to chance: the temperature or top_p is 0, or below 2^-50.
bool is_greedy(const SamplerParams& params);

}  // namespace rwkvk::text
