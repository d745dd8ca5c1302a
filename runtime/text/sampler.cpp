#include "runtime/text/sampler.h"

#include <cmath>
#include <limits>
#include <utility>

#include "host/error.h"
#include "host/finite.h"
#include "runtime/text/distribution.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {
namespace {

using exact::settle;

void require_from_zero(float value, const char* name) {
    if (std::isfinite(value) && value >= 0) return;
    throw Error(Code::bad_argument,
                concat("sampling: ", name, " is ", value, ", expected a number from 0 on"));
}

void require_id(Token id, size_t vocabulary, const char* what) {
    if (id < vocabulary) return;
    throw Error(Code::bad_token,
                concat("sampling: ", what, " token ", id, ", expected an id below ", vocabulary));
}

void require_finite(std::span<const float> logits) {
    const size_t id = find_not_finite(logits);
    if (id == logits.size()) return;
    throw Error(Code::not_finite, concat("logits: token ", id, " has ", logits[id], ", expected a number"));
}

uint64_t random_bits(uint64_t seed, uint64_t draw) {
    const auto lower = [](uint64_t x) { return static_cast<uint32_t>(x); };
    const auto upper = [](uint64_t x) { return static_cast<uint32_t>(x >> 32); };
    const Philox philox{{lower(seed), upper(seed)}};
    const uint32_t counter[4] = {lower(draw), upper(draw), 0, 0};
    uint32_t random[4];
    philox.block(counter, random);
    return uint64_t{random[1]} << 32 | random[0];
}

}  // namespace

Sampler::Sampler(const SamplerParams& params) : params_(params), penalties_(params.penalties) {
    require_from_zero(params.temperature, "temperature");
    require_from_zero(params.top_p, "top_p");
    require_from_zero(params.typical, "typical");
    require_from_zero(params.min_p, "min_p");
    if (params.min_p > 1) {
        throw Error(Code::bad_argument,
                    concat("sampling: min_p is ", params.min_p, ", expected a number from 0 to 1"));
    }
}

void Sampler::set_bias(Token id, float value) {
    require_id(id, max_vocabulary, "bias of");
    if (!(value >= -largest_logit_edit && value <= largest_logit_edit)) {
        throw Error(Code::bad_argument, concat("sampling: the bias of token ", id, " is ", value,
                                               ", expected a number between -2^30 and 2^30; to forbid a "
                                               "token, ban it"));
    }
    if (settle(value) == 0) {
        biases_.erase(id);
    } else {
        biases_[id] = settle(value);
    }
}

void Sampler::ban(Token id) {
    require_id(id, max_vocabulary, "ban of");
    bans_.insert(id);
}

void Sampler::allow(Token id) { bans_.erase(id); }

void Sampler::begin_reply(ReplyStart start) {
    if (constraint_) constraint_->begin(start);
}

void Sampler::accept(Token id, float weight) {
    penalties_.accept(id, weight);
    if (constraint_) constraint_->accept(id);
}

void Sampler::forget_accepted() {
    penalties_.restore({});
    begin_reply(ReplyStart::verbatim);
}

void Sampler::set_params(const SamplerParams& params) {
    Sampler changed(params);
    changed.restore({params.seed == params_.seed ? draws_ : 0, penalties_.occurrences()});
    params_ = changed.params_;
    penalties_ = std::move(changed.penalties_);
    draws_ = changed.draws_;
}

void Sampler::restore(const SamplerState& state) {
    penalties_.restore(state.occurrences);
    draws_ = state.draws;
}

void Sampler::edit(std::span<const float> logits, std::vector<float>& result) const {
    require_finite(logits);
    result.resize(logits.size());
    for (size_t i = 0; i < logits.size(); ++i) result[i] = settle(logits[i]);
    for (const auto& [id, bias] : biases_) {
        require_id(id, result.size(), "bias of");
        result[id] = settle(result[id] + bias);
    }
    penalties_.charge(result);
    for (const Token id : bans_) {
        require_id(id, result.size(), "ban of");
        result[id] = -std::numeric_limits<float>::infinity();
    }
    if (constraint_) constraint_->ban(result);
}

std::vector<float> Sampler::edited(std::span<const float> logits) const {
    std::vector<float> result;
    edit(logits, result);
    return result;
}

Distribution Sampler::distribution(std::span<const float> logits) const { return {edited(logits), params_}; }

Token Sampler::sample(std::span<const float> logits) {
    // Of the thread, not of the sampler: new pages take longer than a draw, and what many samplers kept would
    // not stay in caches.
    thread_local std::vector<float> edited;
    thread_local Distribution left;
    edit(logits, edited);
    left.take(edited, params_);
    return is_greedy(params_) ? left.id(0) : left.pick(random_bits(params_.seed, draws_++));
}

void Sampler::skip_draw() {
    if (!is_greedy(params_)) ++draws_;
}

}  // namespace rwkvk::text
