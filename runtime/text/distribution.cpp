#include "runtime/text/distribution.h"

#include <algorithm>

#include "runtime/text/fixed_point.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {
namespace {

// Weights are in units of 2^-40 of the highest one: max_vocabulary of them cannot overflow 64 bits.
constexpr int weight_bits = 40;
constexpr int share_bits = 32;     // of top_p, typical, min_p
constexpr int surprise_bits = 24;  // of -ln p, up to the constant that all tokens share

float inverse(float temperature) {
    constexpr float hottest = 0x1p60f;  // the end of exact_reciprocal's domain; flat long before
    return exact::exact_reciprocal(exact::settle(temperature < hottest ? temperature : hottest));
}

uint64_t share_of(float fraction) { return to_fixed_point(exact::settle(fraction), share_bits); }

/// How many of the weights, taken in order, it needs to reach `share` (below 1) of their sum `all`.
template <typename WeightAt>
size_t count_to_reach(float share, uint64_t all, WeightAt weight_at) {
    const Wide wanted = multiply(all, share_of(share));
    uint64_t sum = 0;
    size_t count = 0;
    do sum += weight_at(count++);
    while (multiply(sum, uint64_t{1} << share_bits) < wanted);
    return count;
}

/// -ln p of an exponent, less the ln of the total, which all tokens share.
uint64_t surprise_of(float exponent) {
    constexpr float most = 64;  // whose weight is 0
    return to_fixed_point(exponent > -most ? exact::settle(-exponent) : most, surprise_bits);
}

}  // namespace

bool is_greedy(const SamplerParams& params) {
    return exact::settle(params.temperature) == 0 || exact::settle(params.top_p) == 0;
}

Distribution::Distribution(std::span<const float> logits, const SamplerParams& params)
    : tokens_(rank(logits)), highest_(tokens_[0].logit()) {
    if (is_greedy(params)) {
        tokens_.keep_first(1);
    } else {
        truncate(params);
    }
    total_ = sum_of_weights();
}

void Distribution::truncate(const SamplerParams& params) {
    const float inverse_temperature = inverse(params.temperature);
    if (params.order == SamplerOrder::llama) {
        scale_ = inverse_temperature;
        keep_top_k(params.top_k);
        keep_typical(params.typical);
        keep_top_p(params.top_p);
        keep_min_p(params.min_p);
    } else {
        keep_min_p(params.min_p);
        keep_typical(params.typical);
        keep_top_p(params.top_p);
        keep_top_k(params.top_k);
        scale_ = inverse_temperature;
    }
}

float Distribution::exponent_of(RankedToken token) const {
    return exact::settle(exact::settle(token.logit() - highest_) * scale_);
}

uint64_t Distribution::weight_of(RankedToken token) const {
    return to_fixed_point(exact::exact_exp(exponent_of(token)), weight_bits);
}

uint64_t Distribution::sum_of_weights() const {
    uint64_t sum = 0;
    for (size_t place = 0; place < tokens_.size(); ++place) sum += weight_of(tokens_[place]);
    return sum;
}

void Distribution::keep_min_p(float min_p) {
    const uint64_t lowest = share_of(min_p) << (weight_bits - share_bits);
    if (lowest == 0) return;
    size_t count = 1;
    for (; count < tokens_.size(); ++count) {
        tokens_.sort_first(count + 1);
        if (weight_of(tokens_[count]) < lowest) break;
    }
    tokens_.keep_first(count);
}

void Distribution::keep_top_p(float top_p) {
    if (top_p >= 1) return;
    size_t count = count_to_reach(top_p, sum_of_weights(), [this](size_t place) { return weight(place); });
    for (; count < tokens_.size(); ++count) {  // those that tie with the last one
        tokens_.sort_first(count + 1);
        if (tokens_[count].logit() != tokens_[count - 1].logit()) break;
    }
    tokens_.keep_first(count);
}

void Distribution::keep_top_k(uint32_t top_k) {
    if (top_k != 0) tokens_.keep_first(top_k);
}

// With the surprise s = -ln p = ln(total) - exponent and the entropy Σ p s, the logarithm cancels from their
// difference: what is left is the exponent and its mean.
uint64_t Distribution::mean_surprise() const {
    uint64_t all = 0;
    Wide weighted{0, 0};
    for (size_t place = 0; place < tokens_.size(); ++place) {
        const RankedToken token = tokens_[place];
        const uint64_t weight = weight_of(token);
        all += weight;
        weighted = add(weighted, multiply(weight, surprise_of(exponent_of(token))));
    }
    return divide(weighted, all);
}

void Distribution::keep_typical(float typical) {
    if (typical >= 1) return;
    struct Candidate {
        uint64_t closeness;
        RankedToken token;
        auto operator<=>(const Candidate&) const = default;
    };
    const uint64_t mean = mean_surprise();
    std::vector<Candidate> candidates;
    candidates.reserve(tokens_.size());
    for (size_t place = 0; place < tokens_.size(); ++place) {
        const uint64_t surprise = surprise_of(exponent_of(tokens_[place]));
        candidates.push_back({~(surprise > mean ? surprise - mean : mean - surprise), tokens_[place]});
    }
    LazyOrder<Candidate> order(std::move(candidates));
    const size_t count = count_to_reach(typical, sum_of_weights(), [&](size_t place) {
        order.sort_first(place + 1);
        return weight_of(order[place].token);
    });
    std::vector<RankedToken> kept;
    for (size_t place = 0; place < count; ++place) kept.push_back(order[place].token);
    tokens_ = LazyOrder<RankedToken>(std::move(kept));
    highest_ = tokens_[0].logit();
}

Token Distribution::id(size_t rank) {
    tokens_.sort_first(rank + 1);
    return tokens_[rank].id();
}

uint64_t Distribution::weight(size_t rank) {
    tokens_.sort_first(rank + 1);
    return weight_of(tokens_[rank]);
}

Token Distribution::pick(uint64_t fraction) {
    const uint64_t target = multiply(total_, fraction).high;  // below the total, so the walk ends
    size_t rank = 0;
    for (uint64_t sum = weight(0); sum <= target; sum += weight(rank)) ++rank;
    return id(rank);
}

}  // namespace rwkvk::text
