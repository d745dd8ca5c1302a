#include "runtime/text/distribution.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "host/error.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {
namespace {

constexpr uint32_t sign_bit = 0x80000000u;

// Weights are in units of 2^-40 of the highest one: 2^24 of them cannot overflow 64 bits.
constexpr int weight_bits = 40;
constexpr size_t max_tokens = size_t{1} << 24;

constexpr int share_bits = 32;  // of top_p

uint32_t rising_bits(float x) {
    const uint32_t bits = std::bit_cast<uint32_t>(x);
    return bits & sign_bit ? ~bits : bits | sign_bit;
}

float float_of_rising_bits(uint32_t rising) {
    return std::bit_cast<float>(rising & sign_bit ? rising & ~sign_bit : ~rising);
}

/// floor(x 2^bits) of a settled x from 0 to 1, by moving its significand.
uint64_t to_fixed_point(float x, int bits) {
    const uint32_t pattern = std::bit_cast<uint32_t>(x);
    if (pattern == 0) return 0;
    const uint64_t significand = (pattern & 0x7fffffu) | 0x800000u;
    // x = significand 2^(exponent field - 150)
    const int shift = static_cast<int>(pattern >> 23) - 150 + bits;
    if (shift >= 0) return significand << shift;
    return shift > -64 ? significand >> -shift : 0;
}

struct Wide {
    uint64_t high, low;
    auto operator<=>(const Wide&) const = default;
};

/// The whole product.
Wide multiply(uint64_t a, uint64_t b) {
    constexpr uint64_t half = 0xffffffffu;
    const uint64_t low = (a & half) * (b & half);
    const uint64_t middle = (a >> 32) * (b & half) + (low >> 32);
    const uint64_t other = (a & half) * (b >> 32) + (middle & half);
    return {(a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32), (other << 32) | (low & half)};
}

}  // namespace

Ranking::Ranking(std::span<const float> logits) {
    if (logits.empty()) throw Error(Code::bad_argument, "sampling needs at least one logit, got none");
    RWKVK_ASSERT(logits.size() <= max_tokens);
    ranked_.reserve(logits.size());
    constexpr uint32_t exponent = 0x7f800000u;
    for (uint32_t id = 0; id < logits.size(); ++id) {
        if ((std::bit_cast<uint32_t>(logits[id]) & exponent) == exponent) {
            throw Error(Code::not_finite,
                        concat("logits: token ", id, " has ", logits[id], ", expected a number"));
        }
        ranked_.push_back(uint64_t{rising_bits(exact::settle(logits[id]))} << 32 | uint32_t(~id));
    }
    std::iter_swap(ranked_.begin(), std::max_element(ranked_.begin(), ranked_.end()));
}

float Ranking::logit(size_t place) const {
    return float_of_rising_bits(static_cast<uint32_t>(ranked_[place] >> 32));
}

void Ranking::rank_first(size_t count) {
    constexpr size_t first_batch = 256, growth = 4;
    RWKVK_ASSERT(count <= ranked_.size());
    if (count <= sorted_) return;
    const size_t next = std::min(ranked_.size(), std::max({first_batch, growth * sorted_, count}));
    const auto begin = ranked_.begin() + static_cast<ptrdiff_t>(sorted_);
    const auto end = ranked_.begin() + static_cast<ptrdiff_t>(next);
    std::nth_element(begin, end - 1, ranked_.end(), std::greater<>());
    std::sort(begin, end, std::greater<>());
    sorted_ = next;
}

bool is_greedy(const SamplerParams& params) {
    return exact::settle(params.temperature) == 0 || exact::settle(params.top_p) == 0;
}

Distribution::Distribution(std::span<const float> logits, const SamplerParams& params)
    : ranking_(logits), highest_(ranking_.logit(0)) {
    if (!is_greedy(params)) {
        constexpr float hottest = 0x1p60f;  // the end of exact_reciprocal's domain; flat long before
        inverse_temperature_ =
            exact::exact_reciprocal(params.temperature < hottest ? params.temperature : hottest);
        kept_ = params.top_p < 1 ? count_top_p(params.top_p) : ranking_.size();
        if (params.top_k != 0) kept_ = std::min<size_t>(kept_, params.top_k);
    }
    if (kept_ < ranking_.size()) ranking_.rank_first(kept_);
    for (size_t place = 0; place < kept_; ++place) total_ += weight_at(place, inverse_temperature_);
}

uint64_t Distribution::weight_at(size_t place, float inverse_temperature) const {
    const float below = exact::settle(ranking_.logit(place) - highest_);
    return to_fixed_point(exact::exact_exp(exact::settle(below * inverse_temperature)), weight_bits);
}

size_t Distribution::count_top_p(float top_p) {
    uint64_t all = 0;
    for (size_t place = 0; place < ranking_.size(); ++place) all += weight_at(place, 1.0f);
    const Wide wanted = multiply(all, to_fixed_point(exact::settle(top_p), share_bits));
    uint64_t sum = 0;
    size_t count = 0;
    do {
        ranking_.rank_first(count + 1);
        sum += weight_at(count++, 1.0f);
    } while (multiply(sum, uint64_t{1} << share_bits) < wanted);
    return count;
}

Token Distribution::id(size_t rank) {
    ranking_.rank_first(rank + 1);
    return ranking_.id(rank);
}

uint64_t Distribution::weight(size_t rank) {
    ranking_.rank_first(rank + 1);
    return weight_at(rank, inverse_temperature_);
}

Token Distribution::pick(uint64_t fraction) {
    const uint64_t target = multiply(total_, fraction).high;  // below the total, so the walk ends
    size_t rank = 0;
    for (uint64_t sum = weight(0); sum <= target; sum += weight(rank)) ++rank;
    return id(rank);
}

}  // namespace rwkvk::text
