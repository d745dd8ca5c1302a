#include "runtime/text/sampler.h"

#include <cmath>

#include "host/error.h"
#include "runtime/text/distribution.h"

namespace rwkvk::text {
namespace {

void require_not_negative(float value, const char* name) {
    if (std::isfinite(value) && value >= 0) return;
    throw Error(Code::bad_argument,
                concat("sampling: ", name, " is ", value, ", expected a number from 0 on"));
}

}  // namespace

Sampler::Sampler(const SamplerParams& params) : params_(params) {
    require_not_negative(params.temperature, "temperature");
    require_not_negative(params.top_p, "top_p");
}

Token Sampler::sample(std::span<const float> logits) {
    Distribution distribution(logits, params_);
    if (is_greedy(params_)) return distribution.id(0);
    const auto lower = [](uint64_t x) { return static_cast<uint32_t>(x); };
    const auto upper = [](uint64_t x) { return static_cast<uint32_t>(x >> 32); };
    const Philox philox{{lower(params_.seed), upper(params_.seed)}};
    const uint32_t counter[4] = {lower(draws_), upper(draws_), 0, 0};
    uint32_t random[4];
    philox.block(counter, random);
    ++draws_;
    return distribution.pick(uint64_t{random[1]} << 32 | random[0]);
}

}  // namespace rwkvk::text
