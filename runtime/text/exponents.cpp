#include "runtime/text/exponents.h"

#include "runtime/text/rising_bits.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {
namespace {

using exact::settle;

float exponent_of(float logit, const ExponentScale& scale) {
    return settle(settle(logit - scale.highest) * scale.scale);
}

}  // namespace

float highest_of(std::span<const float> logits) {
    uint32_t highest = 0;
    for (const float logit : logits) {
        const uint32_t rising = rising_bits(logit);
        highest = rising > highest ? rising : highest;
    }
    return float_of_rising_bits(highest);
}

void find_powers(std::span<const float> logits, const ExponentScale& scale, std::span<float> powers) {
    constexpr float least = -32;  // within exact_exp_within, and e^-32 weighs nothing
    for (size_t i = 0; i < logits.size(); ++i) {
        const float exponent = exponent_of(logits[i], scale);
        powers[i] = exact::exact_exp_within(exponent > least ? exponent : least);
    }
}

void find_surprises(std::span<const float> logits, const ExponentScale& scale,
                    std::span<uint32_t> surprises) {
    constexpr float least = -64, unit = 0x1p24f;
    for (size_t i = 0; i < logits.size(); ++i) {
        const float exponent = exponent_of(logits[i], scale);
        // A product with a power of two is exact, and integers of 32 bits are what SSE2 converts to.
        surprises[i] =
            static_cast<uint32_t>(static_cast<int32_t>((exponent > least ? -exponent : -least) * unit));
    }
}

}  // namespace rwkvk::text
