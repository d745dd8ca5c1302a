// Log-probabilities against the softmax in double precision.
#include "runtime/text/log_probabilities.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace rwkvk::text {
namespace {

std::vector<float> random_logits(size_t count, float spread, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(-3, spread);
    std::vector<float> logits(count);
    for (float& logit : logits) logit = normal(random);
    return logits;
}

double log_sum(std::span<const float> logits) {
    const double highest = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits) sum += std::exp(logit - highest);
    return highest + std::log(sum);
}

TEST_CASE("ln of the softmax") {
    for (const size_t count : {1u, 2u, 300u, 65536u}) {
        for (const float spread : {0.0f, 0.1f, 3.0f, 40.0f}) {
            CAPTURE(count);
            CAPTURE(spread);
            const std::vector<float> logits = random_logits(count, spread, static_cast<unsigned>(count));
            const LogProbabilities given(logits);
            const double expected = log_sum(logits);
            double worst = 0;
            for (Token id = 0; id < count; ++id) {
                CHECK(given.of(id) <= 0);
                // What a float can say of a number of that size, and 2e-6 of the functions.
                const double wanted = logits[id] - expected;
                worst = std::max(worst, std::abs(given.of(id) - wanted) - 1e-7 * std::abs(wanted));
            }
            CHECK(worst < 2e-6);
        }
    }
}

TEST_CASE("the highest come in falling order, the smaller id first, with their own values") {
    std::vector<float> logits = random_logits(500, 2, 7);
    for (const Token id : {3u, 499u, 77u}) logits[id] = 50;
    const LogProbabilities given(logits);
    std::vector<TokenScore> all;
    for (Token id = 0; id < 500; ++id) all.push_back({id, given.of(id)});
    std::ranges::stable_sort(
        all, [&](const TokenScore& a, const TokenScore& b) { return logits[a.token] > logits[b.token]; });
    CHECK(all[2].token == 499);
    for (const size_t count : {0u, 1u, 3u, 20u, 500u, 600u}) {
        const std::vector<TokenScore> highest = given.highest(count);
        REQUIRE(highest.size() == std::min<size_t>(count, 500));
        CHECK(std::equal(highest.begin(), highest.end(), all.begin()));
    }
}

}  // namespace
}  // namespace rwkvk::text
