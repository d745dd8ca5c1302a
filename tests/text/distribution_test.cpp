// Distributions against docs/NUMERICS.md, "Sampling", written down plainly: everything sorted, every sum from
// the first token on, in integers of 128 bits.
#include "runtime/text/distribution.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "host/error.h"
#include "host/float_mode.h"
#include "shaders/exact_math.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using exact::settle;

constexpr float infinity = std::numeric_limits<float>::infinity();
__extension__ using Integer = unsigned __int128;

/// ⌊x 2^bits⌋: a product with a power of two is exact.
uint64_t floor_of(float x, int bits) {
    return static_cast<uint64_t>(std::ldexp(static_cast<double>(x), bits));
}

class PlainDistribution {
  public:
    PlainDistribution(const std::vector<float>& logits, const SamplerParams& params) {
        for (Token id = 0; id < logits.size(); ++id) {
            if (logits[id] != -infinity) tokens_.push_back({id, settle(logits[id])});
        }
        std::ranges::stable_sort(tokens_, std::greater(), &Ranked::logit);
        if (settle(params.temperature) == 0 || settle(params.top_p) == 0) {
            tokens_.resize(1);
        } else {
            truncate(params);
        }
    }

    size_t size() const { return tokens_.size(); }
    Token id(size_t rank) const { return tokens_[rank].id; }

    std::vector<uint64_t> weights() const {
        std::vector<uint64_t> result;
        for (const float exponent : exponents()) result.push_back(floor_of(exact::exact_exp(exponent), 40));
        return result;
    }

  private:
    struct Ranked {
        Token id;
        float logit;
    };

    void truncate(const SamplerParams& params) {
        const float z = exact::exact_reciprocal(settle(std::min(params.temperature, 0x1p60f)));
        if (params.order == SamplerOrder::llama) {
            z_ = z;
            top_k(params.top_k), typical(params.typical), top_p(params.top_p), min_p(params.min_p);
        } else {
            min_p(params.min_p), typical(params.typical), top_p(params.top_p), top_k(params.top_k);
            z_ = z;
        }
    }

    std::vector<float> exponents() const {
        const float highest = std::ranges::max_element(tokens_, {}, &Ranked::logit)->logit;
        std::vector<float> result;
        for (const Ranked& token : tokens_) result.push_back(settle(settle(token.logit - highest) * z_));
        return result;
    }

    /// How many of the weights, in order, it takes to reach the share.
    static size_t count_to_reach(float share, const std::vector<uint64_t>& weights) {
        Integer all = 0, sum = 0;
        for (const uint64_t weight : weights) all += weight;
        size_t count = 0;
        do sum += weights[count++];
        while (sum << 32 < all * floor_of(settle(share), 32));
        return count;
    }

    void min_p(float p) {
        const std::vector<uint64_t> w = weights();
        const auto last =
            std::ranges::find_if(w, [&](uint64_t x) { return x < floor_of(settle(p), 32) << 8; });
        tokens_.resize(static_cast<size_t>(last - w.begin()));
    }

    void top_k(uint32_t k) {
        if (k != 0) tokens_.resize(std::min<size_t>(k, tokens_.size()));
    }

    void top_p(float p) {
        if (p >= 1) return;
        size_t count = count_to_reach(p, weights());
        while (count < tokens_.size() && tokens_[count].logit == tokens_[count - 1].logit) ++count;
        tokens_.resize(count);
    }

    void typical(float p) {
        if (p >= 1) return;
        const std::vector<uint64_t> w = weights();
        const std::vector<float> e = exponents();
        std::vector<uint64_t> surprises;
        Integer all = 0, sum = 0;
        for (size_t i = 0; i < w.size(); ++i) {
            surprises.push_back(floor_of(std::min(-e[i], 64.0f), 24));
            all += w[i];
            sum += Integer{w[i]} * surprises[i];
        }
        const auto mean = static_cast<uint64_t>(sum / all);
        std::vector<size_t> order(w.size());
        for (size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::stable_sort(order, {}, [&](size_t i) {
            return surprises[i] > mean ? surprises[i] - mean : mean - surprises[i];
        });
        std::vector<uint64_t> ordered;
        for (const size_t i : order) ordered.push_back(w[i]);
        order.resize(count_to_reach(p, ordered));
        std::ranges::sort(order);
        std::vector<Ranked> kept;
        for (const size_t i : order) kept.push_back(tokens_[i]);
        tokens_ = std::move(kept);
    }

    std::vector<Ranked> tokens_;
    float z_ = 1;
};

class Cases {
  public:
    std::vector<float> logits(size_t count) {
        const uint32_t shape = random_() % shapes;
        std::vector<float> result(count);
        for (float& logit : result) logit = this->logit(shape);
        if (random_() % 4 == 0) ban_some(result);
        return result;
    }

    SamplerParams params() {
        return {.temperature = one_of({0.0f, 1e-30f, 1e-9f, 0.3f, 1.0f, 1.0f, share() * 3, 1e30f}),
                .top_p = one_of({1.0f, 1.0f, share(), share(), 1e-12f, 0.0f, 7.0f}),
                .top_k = random_() % 3 == 0 ? static_cast<uint32_t>(random_() % 200) : 0,
                .min_p = one_of({0.0f, 0.0f, share(), share() * 0.01f, 1e-11f, 1.0f}),
                .typical = one_of({1.0f, 1.0f, share(), share(), 0.0f}),
                .order = random_() % 2 ? SamplerOrder::llama : SamplerOrder::rwkv};
    }

    uint64_t fraction() { return random_(); }

  private:
    static constexpr uint32_t shapes = 8;

    float share() { return std::uniform_real_distribution<float>(0, 1)(random_); }
    float bell(float spread) { return std::normal_distribution<float>(0, spread)(random_); }
    float one_of(std::initializer_list<float> values) { return values.begin()[random_() % values.size()]; }

    float logit(uint32_t shape) {
        switch (shape) {
            case 0:
                return bell(3);
            case 1:  // a usual text's
                return random_() % 500 == 0 ? 8 + share() * 6 : bell(2) - 4;
            case 2:
                return -3;
            case 3:  // many that tie
                return std::round(bell(2));
            case 4:  // nearly equal
                return std::bit_cast<float>(0x3f800000u + static_cast<uint32_t>(random_() % 5));
            case 5:
                return bell(1) * one_of({1e-45f, 1e-40f, 0x1p-50f, 1e-15f});
            case 6:
                return bell(1) * one_of({1.0f, 1e4f, 1e30f});
            default:  // around the end of the weights, e^-27.7
                return one_of({0.0f, -27 - share()});
        }
    }

    void ban_some(std::vector<float>& logits) {
        const Token allowed = random_() % logits.size();
        for (Token id = 0; id < logits.size(); ++id) {
            if (id != allowed && random_() % 3 == 0) logits[id] = -infinity;
        }
    }

    std::mt19937_64 random_{1};
};

/// What differs, in words; empty where nothing does.
std::string difference(Distribution& found, const PlainDistribution& plain,
                       std::span<const uint64_t> fractions) {
    if (found.size() != plain.size()) return "size";
    const std::vector<uint64_t> weights = plain.weights();
    Integer total = 0;
    for (const uint64_t weight : weights) total += weight;
    if (found.total() != total) return "total";
    for (const uint64_t fraction : fractions) {
        size_t rank = 0;
        for (Integer sum = weights[0]; sum << 64 <= total * fraction; sum += weights[rank]) ++rank;
        if (found.pick(fraction) != plain.id(rank)) return "pick";
    }
    for (size_t rank = 0; rank < plain.size(); ++rank) {
        if (found.id(rank) != plain.id(rank)) return "id";
        if (found.weight(rank) != weights[rank]) return "weight";
    }
    return "";
}

void compare(Cases& cases, size_t count, Distribution& found) {
    const std::vector<float> logits = cases.logits(count);
    const SamplerParams params = cases.params();
    const std::vector<uint64_t> fractions = {0, UINT64_MAX, cases.fraction(), cases.fraction()};
    INFO("temperature ", params.temperature, ", top_p ", params.top_p, ", top_k ", params.top_k, ", min_p ",
         params.min_p, ", typical ", params.typical, ", order ", static_cast<int>(params.order), ", ", count);
    const PlainDistribution plain(logits, params);
    for (const Denormals denormals : {Denormals::keep, Denormals::flush}) {
        const FloatModeScope mode(denormals);
        found.assign(logits, params);
        CHECK(difference(found, plain, fractions) == "");
    }
}

TEST_CASE("thousands of random distributions are the definition's to the last bit, in either float mode") {
    Cases cases;
    Distribution found;  // one for all, as a sampler has
    for (size_t round = 0; round < 6000; ++round) compare(cases, 1 + round % 7 * (round % 31), found);
    for (size_t round = 0; round < 200; ++round) compare(cases, 2000 + 37 * round, found);
}

TEST_CASE("so are those of a whole vocabulary") {
    Cases cases;
    Distribution found;
    for (size_t round = 0; round < 50; ++round) compare(cases, 65536 - round % 2 * 7, found);
}

TEST_CASE("a distribution that is refused leaves no trace in the next one") {
    Distribution found;
    CHECK_THROWS_AS(found.assign({}, {}), Error);
    CHECK_THROWS_AS(found.assign(std::vector<float>(max_vocabulary + 1), {}), Error);
    CHECK_THROWS_AS(found.assign(std::vector<float>(100, -infinity), {.typical = 0.5f}), Error);
    const std::vector<float> logits = {1.0f, 2.0f, 2.0f, -infinity};
    const uint64_t fractions[] = {0, UINT64_MAX};
    found.assign(logits, {});
    CHECK(difference(found, PlainDistribution(logits, {}), fractions) == "");
}

}  // namespace
