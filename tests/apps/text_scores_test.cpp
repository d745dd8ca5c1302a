// Perplexity and divergence of distributions whose values are known.
#include "apps/rwkvk/text_scores.h"

#include <doctest/doctest.h>

#include <cmath>

namespace rwkvk::app {
namespace {

/// Logits of these probabilities, with a constant added, which changes nothing.
std::vector<float> logits_of(const std::vector<double>& probabilities, float constant) {
    std::vector<float> logits;
    for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)) + constant);
    return logits;
}

TEST_CASE("perplexity of a uniform model is the size of the vocabulary") {
    TextScore score;
    for (uint32_t next = 0; next < 7; ++next)
        score.add(Prediction(logits_of(std::vector<double>(7, 1.0 / 7), 30.0f)), next);
    CHECK(score.tokens() == 7);
    CHECK(score.perplexity() == doctest::Approx(7));
    CHECK(score.error() < 1e-3);
    CHECK(score.bits_per_byte(14) == doctest::Approx(std::log2(7.0) / 2));
}

TEST_CASE("perplexity is the inverse of the geometric mean, with its standard error") {
    TextScore score;
    const std::vector<double> p = {0.5, 0.25, 0.125, 0.125};
    score.add(Prediction(logits_of(p, 0)), 0);
    CHECK(score.error() == 0);
    score.add(Prediction(logits_of(p, -80)), 2);
    CHECK(score.perplexity() == doctest::Approx(4));  // sqrt(2 * 8)
    CHECK(score.bits_per_byte(1) == doctest::Approx(4));
    CHECK(score.error() ==
          doctest::Approx(4 * std::log(2.0)));  // of ln 2 and 3 ln 2: deviation ln 2, n - 1 = 1
}

TEST_CASE("divergences in nats, their quantiles, and whose top is the same") {
    Divergence divergence;
    const std::vector<double> base = {0.5, 0.25, 0.25}, other = {0.25, 0.5, 0.25};
    divergence.add(Prediction(logits_of(base, 5)), Prediction(logits_of(base, -5)));
    divergence.add(Prediction(logits_of(base, 0)), Prediction(logits_of(other, 9)));
    divergence.add(Prediction(logits_of({0.9, 0.05, 0.05}, 0)), Prediction(logits_of({0.5, 0.25, 0.25}, 0)));
    const double second = 0.25 * std::log(2.0), third = 0.9 * std::log(1.8) + 0.1 * std::log(0.2);
    CHECK(divergence.quantile(0.3) == doctest::Approx(0).epsilon(1e-6));
    CHECK(divergence.quantile(0.5) == doctest::Approx(second));
    CHECK(divergence.quantile(1) == doctest::Approx(third));
    CHECK(divergence.mean() == doctest::Approx((second + third) / 3));
    CHECK(divergence.same_top() == doctest::Approx(2.0 / 3));
}

}  // namespace
}  // namespace rwkvk::app
