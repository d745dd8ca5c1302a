#include "runtime/text/penalties.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "host/error.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {
namespace {

using exact::settle;

constexpr float largest_weight = 0x1p20f;
constexpr float largest_count = 0x1p44f;  // there adding the largest weight is lost to rounding
constexpr float largest_repeat = 0x1p30f, smallest_repeat = 0x1p-30f;

void require_between(float value, float lowest, float highest, const char* name) {
    if (value >= lowest && value <= highest) return;
    throw Error(Code::bad_argument, concat("sampling: ", name, " is ", value, ", expected a number from ",
                                           lowest, " to ", highest));
}

float clamp_to_finite(float x) {
    constexpr float largest = std::numeric_limits<float>::max();
    return x > largest ? largest : x < -largest ? -largest : x;
}

bool comes_before(const Occurrence& occurrence, Token id) { return occurrence.id < id; }

bool is_count(float x) {
    return x >= 0 && x <= largest_count && std::bit_cast<uint32_t>(settle(x)) == std::bit_cast<uint32_t>(x);
}

}  // namespace

Penalties::Penalties(const PenaltyParams& params) {
    require_between(params.presence, -largest_logit_edit, largest_logit_edit, "the presence penalty");
    require_between(params.frequency, -largest_logit_edit, largest_logit_edit, "the frequency penalty");
    require_between(params.decay, 0, 1, "the penalty decay");
    require_between(params.repeat, smallest_repeat, largest_repeat, "the repeat penalty");
    params_ = {.presence = settle(params.presence),
               .frequency = settle(params.frequency),
               .decay = settle(params.decay),
               .repeat = params.repeat};
    inverse_repeat_ = exact::exact_reciprocal(params.repeat);
}

void Penalties::accept(Token id, float weight) {
    require_between(weight, 0, largest_weight, "the weight of an accepted token");
    if (id >= max_vocabulary) {
        throw Error(Code::bad_token,
                    concat("sampling: token ", id, " was accepted, expected an id below ", max_vocabulary));
    }
    for (Occurrence& occurrence : occurrences_) occurrence.count = settle(occurrence.count * params_.decay);
    auto found = std::lower_bound(occurrences_.begin(), occurrences_.end(), id, comes_before);
    if (found == occurrences_.end() || found->id != id) found = occurrences_.insert(found, {id, 0.0f});
    found->count = settle(found->count + settle(weight));
}

float Penalties::charged(float logit, float count) const {
    if (params_.repeat != 1) {
        logit = settle(clamp_to_finite(logit * (logit > 0 ? inverse_repeat_ : params_.repeat)));
    }
    return settle(logit - settle(params_.presence + settle(count * params_.frequency)));
}

void Penalties::charge(std::span<float> logits) const {
    if (!occurrences_.empty() && occurrences_.back().id >= logits.size()) {
        throw Error(Code::bad_token, concat("sampling: token ", occurrences_.back().id,
                                            " was accepted, but there are ", logits.size(), " logits"));
    }
    for (const auto& [id, count] : occurrences_) logits[id] = charged(logits[id], count);
}

void Penalties::restore(std::vector<Occurrence> occurrences) {
    for (size_t i = 0; i < occurrences.size(); ++i) {
        const auto& [id, count] = occurrences[i];
        const bool in_order = i == 0 || occurrences[i - 1].id < id;
        if (in_order && id < max_vocabulary && is_count(count)) continue;
        throw Error(Code::bad_argument,
                    concat("sampler state: occurrence ", i, " is of token ", id, " with count ", count,
                           ", expected rising ids and counts as they were saved"));
    }
    occurrences_ = std::move(occurrences);
}

float penalty_weight(std::string_view token_text) {
    constexpr std::string_view exempt = " \t0123456789";
    return exempt.find(token_text) != exempt.npos ? 0.0f : 1.0f;
}

}  // namespace rwkvk::text
