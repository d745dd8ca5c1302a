#include "runtime/text/ranking.h"

#include <bit>

#include "host/error.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {
namespace {

constexpr uint32_t sign_bit = 0x80000000u;
constexpr uint32_t minus_infinity = 0xff800000u;

}  // namespace

uint32_t rising_bits(float x) {
    const uint32_t bits = std::bit_cast<uint32_t>(x);
    return bits & sign_bit ? ~bits : bits | sign_bit;
}

float float_of_rising_bits(uint32_t rising) {
    return std::bit_cast<float>(rising & sign_bit ? rising & ~sign_bit : ~rising);
}

RankedToken::RankedToken(Token id, float logit)
    : key_(uint64_t{rising_bits(exact::settle(logit))} << 32 | uint32_t(~id)) {}

float RankedToken::logit() const { return float_of_rising_bits(static_cast<uint32_t>(key_ >> 32)); }

LazyOrder<RankedToken> rank(std::span<const float> logits) {
    if (logits.empty()) throw Error(Code::bad_argument, "sampling needs at least one logit, got none");
    if (logits.size() > max_vocabulary) {
        throw Error(Code::bad_argument,
                    concat("sampling: expected at most ", max_vocabulary, " logits, found ", logits.size()));
    }
    std::vector<RankedToken> tokens;
    tokens.reserve(logits.size());
    for (Token id = 0; id < logits.size(); ++id) {
        if (std::bit_cast<uint32_t>(logits[id]) != minus_infinity) tokens.emplace_back(id, logits[id]);
    }
    if (tokens.empty()) {
        throw Error(Code::bad_argument, concat("sampling: all ", logits.size(),
                                               " tokens are banned, expected one that is not: ban fewer"));
    }
    return LazyOrder<RankedToken>(std::move(tokens));
}

}  // namespace rwkvk::text
