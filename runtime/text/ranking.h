#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/text/lazy_order.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

/// A float that is not NaN as a word that rises with it, and back. shaders/rising.glsl has the same.
uint32_t rising_bits(float x);
float float_of_rising_bits(uint32_t rising);

/// A token and its settled logit as one integer: the logit's bits, made to rise with it, then the id's
/// complement. So the greater one has the higher logit, or of equal ones the smaller id; no two are equal.
class RankedToken {
  public:
    RankedToken(Token id, float logit);

    Token id() const { return ~static_cast<uint32_t>(key_); }
    float logit() const;
    auto operator<=>(const RankedToken&) const = default;

  private:
    uint64_t key_;
};

/// All tokens whose logit is not -inf. Shapes: logits [vocabulary], none NaN or +inf.
/// Errors: Code::bad_argument when there is none.
LazyOrder<RankedToken> rank(std::span<const float> logits);

}  // namespace rwkvk::text
