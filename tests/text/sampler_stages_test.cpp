// The stages of sampling in both orders against a plain transcription in double precision.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "runtime/text/distribution.h"
#include "runtime/text/fixed_point.h"

namespace {

using namespace rwkvk::text;

/// A distribution by the definition. Where a rounding error could decide what is kept it says so.
class PlainDistribution {
  public:
    PlainDistribution(const std::vector<float>& logits, const SamplerParams& params) : logits_(logits) {
        ids_.resize(logits.size());
        std::iota(ids_.begin(), ids_.end(), 0);
        std::stable_sort(ids_.begin(), ids_.end(), [&](Token a, Token b) { return logits[a] > logits[b]; });
        if (params.order == SamplerOrder::llama) {
            temperature_ = params.temperature;
            top_k(params), typical(params), top_p(params), min_p(params);
        } else {
            min_p(params), typical(params), top_p(params), top_k(params);
            temperature_ = params.temperature;
        }
    }

    bool is_close_call() const { return close_call_; }

    std::vector<double> probabilities() const {
        std::vector<double> result(logits_.size(), 0.0);
        const std::vector<double> p = current();
        for (size_t i = 0; i < ids_.size(); ++i) result[ids_[i]] = p[i];
        return result;
    }

  private:
    std::vector<double> current() const {
        std::vector<double> p;
        for (const Token id : ids_) p.push_back(std::exp((logits_[id] - logits_[ids_[0]]) / temperature_));
        const double sum = std::accumulate(p.begin(), p.end(), 0.0);
        for (double& each : p) each /= sum;
        return p;
    }

    void judge(double a, double b) { close_call_ |= std::fabs(a - b) < 1e-5; }

    void min_p(const SamplerParams& params) {
        if (params.min_p == 0) return;
        const std::vector<double> p = current();
        size_t count = 0;
        for (; count < p.size() && p[count] >= params.min_p * p[0]; ++count)
            judge(p[count], params.min_p * p[0]);
        if (count < p.size()) judge(p[count], params.min_p * p[0]);
        ids_.resize(count);
    }

    void top_p(const SamplerParams& params) {
        if (params.top_p == 1) return;
        const std::vector<double> p = current();
        double sum = 0;
        size_t count = 0;
        while (count < p.size() && sum < params.top_p) judge(sum += p[count++], params.top_p);
        ids_.resize(count);
    }

    void top_k(const SamplerParams& params) {
        if (params.top_k != 0) ids_.resize(std::min<size_t>(ids_.size(), params.top_k));
    }

    void typical(const SamplerParams& params) {
        if (params.typical >= 1) return;
        const std::vector<double> p = current();
        double entropy = 0;
        for (const double each : p) entropy -= each * std::log(each);
        const auto distance = [&](size_t i) { return std::fabs(-std::log(p[i]) - entropy); };
        std::vector<size_t> order(p.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [&](size_t a, size_t b) { return distance(a) < distance(b); });
        double sum = 0;
        size_t count = 0;
        while (count < p.size() && sum < params.typical) judge(sum += p[order[count++]], params.typical);
        if (count < p.size()) judge(distance(order[count - 1]), distance(order[count]));
        order.resize(count);
        std::sort(order.begin(), order.end());
        std::vector<Token> kept;
        for (const size_t i : order) kept.push_back(ids_[i]);
        ids_ = kept;
    }

    const std::vector<float>& logits_;
    std::vector<Token> ids_;
    double temperature_ = 1;
    bool close_call_ = false;
};

std::vector<double> probabilities(Distribution distribution, size_t vocabulary) {
    std::vector<double> result(vocabulary, 0.0);
    for (size_t rank = 0; rank < distribution.size(); ++rank) {
        result[distribution.id(rank)] =
            static_cast<double>(distribution.weight(rank)) / static_cast<double>(distribution.total());
    }
    return result;
}

SamplerParams random_params(std::mt19937& random, SamplerOrder order) {
    const auto uniform = [&](float low, float high) {
        return std::uniform_real_distribution<float>(low, high)(random);
    };
    const auto maybe = [&] { return random() % 2 == 0; };
    return {.temperature = uniform(0.3f, 2.0f),
            .top_p = maybe() ? uniform(0.2f, 0.99f) : 1.0f,
            .top_k = maybe() ? static_cast<uint32_t>(random() % 40 + 1) : 0,
            .min_p = maybe() ? uniform(0.001f, 0.2f) : 0.0f,
            .typical = maybe() ? uniform(0.2f, 0.99f) : 1.0f,
            .order = order};
}

TEST_CASE("random stages in both orders keep and weigh the tokens as the definition says") {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.0f, 2.5f);
    int compared = 0;
    constexpr int rounds = 600;
    for (int round = 0; round < rounds; ++round) {
        std::vector<float> logits(1 + random() % 300);
        for (float& logit : logits) logit = normal(random);
        const SamplerParams params =
            random_params(random, round % 2 ? SamplerOrder::llama : SamplerOrder::rwkv);
        const PlainDistribution plain(logits, params);
        if (plain.is_close_call()) continue;
        ++compared;
        const std::vector<double> expected = plain.probabilities();
        const std::vector<double> found = probabilities(Distribution(logits, params), logits.size());
        INFO("round ", round, ", temperature ", params.temperature, ", top_p ", params.top_p, ", top_k ",
             params.top_k, ", min_p ", params.min_p, ", typical ", params.typical);
        double worst = 0;
        bool same_support = true;
        for (size_t id = 0; id < logits.size(); ++id) {
            worst = std::max(worst, std::fabs(found[id] - expected[id]));
            // A weight is a multiple of 2^-40, so some that are less than 2e-12 become 0.
            same_support &= expected[id] > 2e-12 ? found[id] > 0 : found[id] == 0 || expected[id] > 0;
        }
        CHECK(worst <= 1e-6);
        CHECK(same_support);
    }
    CHECK(compared >= rounds * 9 / 10);
}

TEST_CASE("the order of the stages matters: temperature before or after the cut") {
    const std::vector<float> logits = {0.0f, 1.0f, 2.0f, 3.0f};
    const SamplerParams late{.temperature = 10.0f, .top_p = 0.6f};
    SamplerParams early = late;
    early.order = SamplerOrder::llama;
    CHECK(Distribution(logits, late).size() == 1);
    CHECK(Distribution(logits, early).size() == 3);
}

TEST_CASE("what a token is called changes neither its weight nor the total") {
    std::mt19937 random(2);
    std::vector<float> logits(777);
    for (size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i) * 0.01f;
    for (const SamplerParams& params :
         {SamplerParams{.temperature = 0.7f, .top_p = 0.9f}, SamplerParams{.min_p = 0.01f, .typical = 0.7f},
          SamplerParams{.typical = 0.5f, .order = SamplerOrder::llama}}) {
        Distribution original(logits, params);
        for (int round = 0; round < 5; ++round) {
            std::vector<Token> new_id(logits.size());
            std::iota(new_id.begin(), new_id.end(), 0);
            std::shuffle(new_id.begin(), new_id.end(), random);
            std::vector<float> renamed(logits.size());
            for (size_t id = 0; id < logits.size(); ++id) renamed[new_id[id]] = logits[id];
            Distribution other(renamed, params);
            REQUIRE(other.size() == original.size());
            CHECK(other.total() == original.total());
            size_t different = 0;
            for (size_t rank = 0; rank < other.size(); ++rank) {
                different += other.id(rank) != new_id[original.id(rank)];
                different += other.weight(rank) != original.weight(rank);
            }
            CHECK(different == 0);
        }
    }
}

TEST_CASE("wide sums and quotients are those of 128-bit arithmetic") {
    __extension__ using Integer = unsigned __int128;
    const auto as_integer = [](Wide x) { return static_cast<Integer>(x.high) << 64 | x.low; };
    std::mt19937_64 random(3);
    for (int round = 0; round < 1000; ++round) {
        const uint64_t a = random() >> random() % 64, b = random() >> random() % 64,
                       c = random() >> random() % 64;
        const Wide sum = add(multiply(a, b), multiply(b, c >> 1));
        CHECK(as_integer(multiply(a, b)) == static_cast<Integer>(a) * b);
        CHECK(as_integer(sum) == static_cast<Integer>(a) * b + static_cast<Integer>(b) * (c >> 1));
        const uint64_t divisor = c | 1;
        const Wide dividend = add(multiply(divisor, a >> 32), {0, b % divisor});
        CHECK(divide(dividend, divisor) == a >> 32);
    }
}

}  // namespace
