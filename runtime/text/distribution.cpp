#include "runtime/text/distribution.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "host/error.h"
#include "runtime/text/fixed_point.h"
#include "runtime/text/rising_bits.h"
#include "runtime/text/selection.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {
namespace {

// Weights are in units of 2^-40 of the highest one: max_vocabulary of them cannot overflow 64 bits.
constexpr int weight_bits = 40;
constexpr int share_bits = 32;  // of top_p, typical, min_p

float inverse(float temperature) {
    constexpr float hottest = 0x1p60f;  // the end of exact_reciprocal's domain; flat long before
    return exact::exact_reciprocal(exact::settle(temperature < hottest ? temperature : hottest));
}

uint64_t share_of(float fraction) { return to_fixed_point(exact::settle(fraction), share_bits); }

/// What a sum has to pass to reach `share` (below 1) of the sum `all`, or to be more than nothing.
uint64_t sum_before(float share, uint64_t all) {
    const Wide wanted = multiply(all, share_of(share));
    if (wanted == Wide{0, 0}) return 0;
    const Wide less = add(wanted, {UINT64_MAX, UINT64_MAX});  // by 1
    return less.high << (64 - share_bits) | less.low >> share_bits;
}

bool is_banned(float logit) {
    constexpr uint32_t minus_infinity = 0xff800000u;
    return std::bit_cast<uint32_t>(logit) == minus_infinity;
}

void require_size(size_t logits) {
    if (logits == 0) throw Error(Code::bad_argument, "sampling needs at least one logit, got none");
    if (logits <= max_vocabulary) return;
    throw Error(Code::bad_argument,
                concat("sampling: expected at most ", max_vocabulary, " logits, found ", logits));
}

}  // namespace

bool is_greedy(const SamplerParams& params) {
    return exact::settle(params.temperature) == 0 || exact::settle(params.top_p) == 0;
}

void Distribution::assign(std::span<const float> logits, const SamplerParams& params) {
    std::vector<float> settled(logits.size());
    for (size_t i = 0; i < logits.size(); ++i) settled[i] = exact::settle(logits[i]);
    take(settled, params);
}

void Distribution::take(std::vector<float>& logits, const SamplerParams& params) {
    require_size(logits.size());
    size_ = logits.size();
    logits_.swap(logits);
    ids_.resize(size_);
    powers_.resize(size_);
    order_.clear();
    has_ids_ = has_powers_ = false;
    leave_out_banned();
    if (size_ == 0) {
        throw Error(Code::bad_argument, concat("sampling: all ", logits_.size(),
                                               " tokens are banned, expected one that is not: ban fewer"));
    }
    set_scale({highest_of(left()), 1});
    if (is_greedy(params)) {
        keep_highest();
    } else {
        truncate(params);
    }
    total_ = weigh();
}

void Distribution::leave_out_banned() {
    uint32_t banned = 0;
    for (size_t i = 0; i < size_; ++i) banned |= is_banned(logits_[i]) ? 1u : 0u;
    if (banned) keep([this](size_t i) { return !is_banned(logits_[i]); });
}

void Distribution::truncate(const SamplerParams& params) {
    const float inverse_temperature = inverse(params.temperature);
    if (params.order == SamplerOrder::llama) {
        set_scale({scale_.highest, inverse_temperature});
        keep_top_k(params.top_k);
        keep_typical(params.typical);
        keep_top_p(params.top_p);
        keep_min_p(params.min_p);
    } else {
        keep_min_p(params.min_p);
        keep_typical(params.typical);
        keep_top_p(params.top_p);
        keep_top_k(params.top_k);
        set_scale({scale_.highest, inverse_temperature});
    }
}

void Distribution::set_scale(const ExponentScale& scale) {
    has_powers_ = has_powers_ && scale == scale_;
    scale_ = scale;
}

uint64_t Distribution::weigh() {
    if (!has_powers_) find_powers(left(), scale_, powers_);
    has_powers_ = true;
    uint64_t sum = 0;
    for (size_t i = 0; i < size_; ++i) sum += weight_of(i);
    return sum;
}

uint64_t Distribution::weight_of(size_t place) const { return to_fixed_point(powers_[place], weight_bits); }

template <typename Keep>
void Distribution::keep(const Keep& keep) {
    const bool has_ids = has_ids_;
    size_ = compact(size_, keep, [this, has_ids](size_t from, size_t to) {
        logits_[to] = logits_[from];
        ids_[to] = has_ids ? ids_[from] : static_cast<Token>(from);
        powers_[to] = powers_[from];
    });
    has_ids_ = true;
}

void Distribution::keep_highest() {
    const auto first = std::ranges::find(left(), scale_.highest) - left().begin();
    keep([first](size_t i) { return i == static_cast<size_t>(first); });
}

void Distribution::keep_min_p(float min_p) {
    const uint64_t lowest = share_of(min_p) << (weight_bits - share_bits);
    if (lowest == 0) return;
    weigh();
    keep([=, this](size_t i) { return weight_of(i) >= lowest; });  // none weighs more than one in front of it
}

void Distribution::keep_top_p(float top_p) {
    if (top_p >= 1) return;
    const float lowest = logits_[select(sum_before(top_p, weigh()))];
    keep([=, this](size_t i) { return logits_[i] >= lowest; });  // also those that tie with the last one
}

void Distribution::keep_top_k(uint32_t top_k) {
    if (top_k == 0 || top_k >= size_) return;
    const auto key_of = [this](size_t i) { return rising_bits(logits_[i]); };
    const auto one = [](size_t) { return uint64_t{1}; };
    const size_t last = Selection(key_of, one, selected_).find(size_, top_k - 1);
    const float lowest = logits_[last];
    keep([=, this](size_t i) { return is_in_front(i, lowest, last + 1); });
}

// With the surprise s = -ln p = ln(total) - exponent and the entropy Σ p s, the logarithm cancels from their
// difference: what is left is the exponent and its mean.
void Distribution::keep_typical(float typical) {
    if (typical >= 1) return;
    const uint64_t all = weigh();
    distances_.resize(size_);
    find_surprises(left(), scale_, distances_);
    Wide weighted{0, 0};
    for (size_t i = 0; i < size_; ++i) {
        weighted = add(weighted, {0, weight_of(i) * distances_[i]});  // 2^64 x e^-x at most, which is less
    }
    const auto mean = static_cast<uint32_t>(divide(weighted, all));
    for (uint32_t& distance : distances_) distance = distance > mean ? distance - mean : mean - distance;
    const auto key_of = [this](size_t i) { return uint64_t{~distances_[i]} << 32 | rising_bits(logits_[i]); };
    const auto weight = [this](size_t i) { return weight_of(i); };
    const size_t last = Selection(key_of, weight, selected_).find(size_, sum_before(typical, all));
    const uint32_t farthest = distances_[last];
    const float lowest = logits_[last];
    keep([=, this](size_t i) {
        const uint32_t distance = distances_[i];
        const bool stays_of_equal = is_in_front(i, lowest, last + 1);
        return (distance < farthest) | ((distance == farthest) & stays_of_equal);
    });
    set_scale({highest_of(left()), scale_.scale});
}

// Without branches, and with places of 32 bits beside logits of 32 bits, so that compilers vectorise it.
bool Distribution::is_in_front(size_t place, float of_logit, size_t of_place) const {
    const float logit = logits_[place];
    const bool first = static_cast<uint32_t>(place) < static_cast<uint32_t>(of_place);
    return (logit > of_logit) | ((logit == of_logit) & first);
}

size_t Distribution::select(uint64_t sum) {
    const auto key_of = [this](size_t i) { return rising_bits(logits_[i]); };
    const auto weight = [this](size_t i) { return weight_of(i); };
    return Selection(key_of, weight, selected_).find(size_, sum);
}

uint32_t Distribution::place_of(size_t rank) {
    if (order_.empty()) {
        order_.resize(size_);
        std::iota(order_.begin(), order_.end(), 0u);
        std::ranges::stable_sort(order_, [this](uint32_t a, uint32_t b) { return logits_[a] > logits_[b]; });
    }
    return order_[rank];
}

Token Distribution::id(size_t rank) { return id_at(place_of(rank)); }

uint64_t Distribution::weight(size_t rank) { return weight_of(place_of(rank)); }

Token Distribution::pick(uint64_t fraction) {
    return id_at(select(multiply(total_, fraction).high));  // below the total
}

}  // namespace rwkvk::text
