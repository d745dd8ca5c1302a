#pragma once
// What logits become before they are weighed: loops over a whole vocabulary, which compilers vectorise.

#include <cstdint>
#include <span>

namespace rwkvk::text {

/// A logit's exponent is s(s(logit - highest) scale); docs/NUMERICS.md, "Sampling".
struct ExponentScale {
    float highest = 0;  // of the logits
    float scale = 1;
    bool operator==(const ExponentScale&) const = default;
};

/// Shapes: logits [n], none NaN, n > 0.
float highest_of(std::span<const float> logits);

/// e to the power of each exponent, and of -32 where that is less. Shapes: logits, powers [n].
void find_powers(std::span<const float> logits, const ExponentScale& scale, std::span<float> powers);

/// -ln p of each, less the ln of the total, which all tokens share: in units of 2^-24, and at most 64, whose
/// weight is 0. Shapes: logits, surprises [n].
void find_surprises(std::span<const float> logits, const ExponentScale& scale, std::span<uint32_t> surprises);

}  // namespace rwkvk::text
