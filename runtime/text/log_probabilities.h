#pragma once
// What a model gave each token, before anything is edited: ln of the softmax of raw logits. Exact: the same
// logits give the same bits on every machine. docs/NUMERICS.md, "Log-probabilities".

#include <span>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

struct TokenScore {
    Token token;
    float log_probability;
    bool operator==(const TokenScore&) const = default;
};

/// Refers to the logits.
class LogProbabilities {
  public:
    /// Shapes: logits [vocabulary], finite.
    explicit LogProbabilities(std::span<const float> logits);

    /// Shapes: token < vocabulary.
    float of(Token token) const;
    /// The `count` likeliest, or all there are, in falling order; of equal ones the smaller id first.
    std::vector<TokenScore> highest(size_t count) const;

  private:
    std::span<const float> logits_;
    double log_sum_;  // ln of the sum of e^logit
};

}  // namespace rwkvk::text
