#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

/// Biases and penalties are at most so large, and then no finite logit overflows.
inline constexpr float largest_logit_edit = 0x1p30f;

/// What tokens lose that are in the text already. Negative values favour them.
struct PenaltyParams {
    float presence = 0.0f;   // once, off the logit
    float frequency = 0.0f;  // times how often it occurred, which fades
    float decay = 0.996f;    // what is left of an occurrence after each further token; 1: it does not fade
    float repeat = 1.0f;     // divides positive logits and multiplies others, before the two above; 1: off
    bool operator==(const PenaltyParams&) const = default;
};

struct Occurrence {
    Token id;
    float count;  // faded
    bool operator==(const Occurrence&) const = default;
};

/// Counts accepted tokens and charges them. A token accepted once is charged presence and repeat for good,
/// also where its count is 0.
class Penalties {
  public:
    /// Errors: Code::bad_argument for a parameter that is not finite or out of its range.
    explicit Penalties(const PenaltyParams& params);

    /// All counts fade, then `weight`, from 0 to 2^20, is added to the token's.
    /// Errors: Code::bad_argument for another weight; Code::bad_token for an id no vocabulary has.
    void accept(Token id, float weight);

    /// Shapes: logits [vocabulary], settled and finite, and so they stay.
    /// Errors: Code::bad_token when an accepted token is outside the vocabulary.
    void charge(std::span<float> logits) const;

    /// In rising order of id.
    const std::vector<Occurrence>& occurrences() const { return occurrences_; }
    /// Errors: Code::bad_argument for occurrences that are out of order or that no sequence of accept gives.
    void restore(std::vector<Occurrence> occurrences);

  private:
    float charged(float logit, float count) const;

    PenaltyParams params_;
    float inverse_repeat_;
    std::vector<Occurrence> occurrences_;
};

/// The weight the reference gives to a token of this text: 0 where it is part of " \t0123456789", so that
/// repeated digits and blanks cost no frequency penalty, else 1. The reference's chat demos use 1 for all.
float penalty_weight(std::string_view token_text);

}  // namespace rwkvk::text
