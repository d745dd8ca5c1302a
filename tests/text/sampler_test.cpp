#include "runtime/text/sampler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "host/float_mode.h"
#include "runtime/text/distribution.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using test::check_contains;
using test::refusal_of;

std::vector<float> random_logits(size_t count, uint32_t seed, float spread = 3.0f) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0f, spread);
    std::vector<float> logits(count);
    for (float& logit : logits) logit = normal(random);
    return logits;
}

std::vector<Token> kept_ids(std::span<const float> logits, const SamplerParams& params) {
    Distribution distribution(logits, params);
    std::vector<Token> ids;
    for (size_t rank = 0; rank < distribution.size(); ++rank) ids.push_back(distribution.id(rank));
    return ids;
}

std::vector<double> probabilities(std::span<const float> logits, const SamplerParams& params) {
    Distribution distribution(logits, params);
    std::vector<double> result(logits.size(), 0.0);
    for (size_t rank = 0; rank < distribution.size(); ++rank) {
        result[distribution.id(rank)] =
            static_cast<double>(distribution.weight(rank)) / static_cast<double>(distribution.total());
    }
    return result;
}

std::vector<Token> draw(std::span<const float> logits, const SamplerParams& params, int count) {
    Sampler sampler(params);
    std::vector<Token> ids;
    for (int i = 0; i < count; ++i) ids.push_back(sampler.sample(logits));
    return ids;
}

using Words = std::array<uint32_t, 4>;

Words philox(const Words& counter, std::array<uint32_t, 2> key) {
    Words out;
    Philox{{key[0], key[1]}}.block(counter.data(), out.data());
    return out;
}

TEST_CASE("Philox4x32-10 gives the published known answers") {
    constexpr uint32_t ones = 0xffffffffu;
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({ones, ones, ones, ones}, {ones, ones}) ==
          Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("greedy takes the highest logit, of equal ones the smallest id, and no random number") {
    const std::vector<float> logits = {-1.0f, 2.5f, -0.0f, 2.5f, 2.0f};
    for (const SamplerParams& params : {SamplerParams{.temperature = 0}, SamplerParams{.top_p = 0}}) {
        Sampler sampler(params);
        CHECK(sampler.sample(logits) == 1);
        CHECK(sampler.draws() == 0);
    }
}

TEST_CASE("tokens are ranked by logit, equal ones by id; zeros of either sign and subnormals are equal") {
    const std::vector<float> logits = {0.0f, -1.0f, 1.0f, -0.0f, 1e-40f, 1.0f, -1e-40f, -2.0f};
    const std::vector<Token> expected = {2, 5, 0, 3, 4, 6, 1, 7};
    for (const Denormals denormals : {Denormals::keep, Denormals::flush}) {
        const FloatModeScope mode(denormals);
        CHECK(kept_ids(logits, {}) == expected);
    }
}

TEST_CASE("the ranking of a whole vocabulary is that of a full sort") {
    std::vector<float> logits = random_logits(65536, 1);
    for (size_t i = 0; i < logits.size(); i += 7) logits[i] = std::round(logits[i]);  // many ties
    std::vector<Token> expected(logits.size());
    for (uint32_t id = 0; id < expected.size(); ++id) expected[id] = id;
    std::stable_sort(expected.begin(), expected.end(),
                     [&](Token a, Token b) { return logits[a] > logits[b]; });
    CHECK(kept_ids(logits, {}) == expected);
    expected.resize(1000);
    CHECK(kept_ids(logits, {.top_k = 1000}) == expected);
}

TEST_CASE("top-p keeps the token that crosses it, top-k counts") {
    // Probabilities 8/15, 4/15, 2/15, 1/15 but for rounding.
    const std::vector<float> logits = {0.0f, 0.693147f, 2.079442f, 1.386294f};
    CHECK(kept_ids(logits, {.top_p = 0.01f}) == std::vector<Token>{2});
    CHECK(kept_ids(logits, {.top_p = 0.53f}) == std::vector<Token>{2});
    CHECK(kept_ids(logits, {.top_p = 0.54f}) == std::vector<Token>{2, 3});
    CHECK(kept_ids(logits, {.top_p = 0.9f}) == std::vector<Token>{2, 3, 1});
    CHECK(kept_ids(logits, {.top_p = 0.99f}) == std::vector<Token>{2, 3, 1, 0});
    CHECK(kept_ids(logits, {.top_p = 7.0f}) == std::vector<Token>{2, 3, 1, 0});
    CHECK(kept_ids(logits, {.top_k = 2}) == std::vector<Token>{2, 3});
    CHECK(kept_ids(logits, {.top_k = 9}) == std::vector<Token>{2, 3, 1, 0});
    CHECK(kept_ids(logits, {.top_p = 0.9f, .top_k = 2}) == std::vector<Token>{2, 3});
}

TEST_CASE("temperature acts on what is kept, as a power of the probabilities") {
    const std::vector<float> logits = random_logits(40, 2);
    const float temperature = 1.7f;
    const std::vector<double> warm =
        probabilities(logits, {.temperature = temperature, .top_p = 0.8f, .top_k = 12});
    const std::vector<double> plain = probabilities(logits, {.top_p = 0.8f, .top_k = 12});
    double sum = 0;
    for (const double p : plain) sum += p > 0 ? std::pow(p, 1.0 / temperature) : 0;
    for (size_t id = 0; id < plain.size(); ++id) {
        const double expected = plain[id] > 0 ? std::pow(plain[id], 1.0 / temperature) / sum : 0;
        CHECK(std::fabs(warm[id] - expected) <= 1e-6);
    }
}

TEST_CASE("top-p keeps all tokens that tie with the last one, top-k the smaller ids") {
    const std::vector<float> logits = {0.0f, 1.0f, 2.0f, 1.0f, 1.0f, 1e-40f};
    CHECK(kept_ids(logits, {.top_p = 0.5f}) == std::vector<Token>{2, 1, 3, 4});
    CHECK(kept_ids(logits, {.top_p = 0.5f, .top_k = 3}) == std::vector<Token>{2, 1, 3});
    CHECK(kept_ids(logits, {.top_p = 0.97f}) == std::vector<Token>{2, 1, 3, 4, 0, 5});
    CHECK(kept_ids(std::vector<float>(1000, -3.0f), {.top_p = 1e-3f}).size() == 1000);
}

TEST_CASE("min-p keeps what has at least that share of the highest probability") {
    const std::vector<float> logits = {0.0f, 0.693147f, 2.079442f, 1.386294f};  // 1, 2, 8, 4
    CHECK(kept_ids(logits, {.min_p = 0.0f}).size() == 4);
    CHECK(kept_ids(logits, {.min_p = 0.124f}) == std::vector<Token>{2, 3, 1, 0});
    CHECK(kept_ids(logits, {.min_p = 0.126f}) == std::vector<Token>{2, 3, 1});
    CHECK(kept_ids(logits, {.min_p = 0.3f}) == std::vector<Token>{2, 3});
    CHECK(kept_ids(logits, {.min_p = 1.0f}) == std::vector<Token>{2});
    CHECK(kept_ids(std::vector<float>{3.0f, 3.0f, 1.0f}, {.min_p = 1.0f}) == std::vector<Token>{0, 1});
}

TEST_CASE("typical keeps the tokens whose surprise is nearest to the entropy, not the most probable ones") {
    // Probabilities 0.4 and twelve of 0.05: entropy 2.16; surprises 0.92 and 3.00, so the rare ones are
    // nearer.
    std::vector<float> logits(13, 0.0f);
    logits[5] = 2.0794415f;  // ln 8
    CHECK(kept_ids(logits, {.typical = 0.04f}) == std::vector<Token>{0});
    CHECK(kept_ids(logits, {.typical = 0.14f}) == std::vector<Token>{0, 1, 2});
    CHECK(kept_ids(logits, {.typical = 0.59f}).size() == 12);
    CHECK(kept_ids(logits, {.typical = 0.61f}).size() == 13);
    CHECK(kept_ids(logits, {.typical = 1.0f}).size() == 13);
    CHECK(kept_ids(logits, {.typical = 0.0f}).size() == 1);
}

TEST_CASE("the final probabilities are those of the reference sampler") {
    const auto file = test::reference("golden/sampling/cases.json");
    if (!file) return;
    const auto cases = nlohmann::json::parse(test::contents_of(*file));
    int compared = 0;
    for (const auto& entry : cases.at("sample_logits")) {
        const auto logits = entry.at("logits").get<std::vector<float>>();
        const auto expected = entry.at("probs").get<std::vector<double>>();
        const SamplerParams params{.temperature = entry.at("temperature").get<float>(),
                                   .top_p = entry.at("top_p").get<float>(),
                                   .top_k = entry.at("top_k").get<uint32_t>()};
        const std::vector<double> found = probabilities(logits, params);
        INFO("temperature ", params.temperature, ", top_p ", params.top_p, ", top_k ", params.top_k);
        for (size_t id = 0; id < expected.size(); ++id) {
            CHECK(std::fabs(found[id] - expected[id]) <= 1e-6);
            CHECK((found[id] > 0) == (expected[id] > 0));
        }
        ++compared;
    }
    CHECK(compared >= 12);
}

TEST_CASE("draws follow the seed, and do not depend on what the processor does with subnormal numbers") {
    const std::vector<float> logits = random_logits(5000, 3);
    for (const SamplerParams& params :
         {SamplerParams{.seed = 7}, SamplerParams{.temperature = 0.6f, .seed = 7},
          SamplerParams{.temperature = 2.0f, .top_p = 0.9f, .top_k = 700, .seed = 7},
          SamplerParams{.min_p = 1e-3f, .typical = 0.9f, .seed = 7},
          SamplerParams{.temperature = 1.5f, .typical = 0.8f, .order = SamplerOrder::llama, .seed = 7}}) {
        std::vector<Token> kept, flushed;
        {
            const FloatModeScope mode(Denormals::keep);
            kept = draw(logits, params, 200);
        }
        {
            const FloatModeScope mode(Denormals::flush);
            flushed = draw(logits, params, 200);
        }
        CHECK(kept == flushed);
        SamplerParams other = params;
        other.seed = uint64_t{7} << 32;
        CHECK(kept != draw(logits, other, 200));
    }
}

TEST_CASE("other parameters take effect at once; the random numbers go on unless the seed is another") {
    const std::vector<float> logits = random_logits(300, 4);
    const SamplerParams warm{.seed = 8};
    SamplerParams hot = warm;
    hot.temperature = 2;
    const std::vector<Token> expected = draw(logits, warm, 4);
    Sampler sampler(warm);
    CHECK(sampler.sample(logits) == expected[0]);
    sampler.set_params(hot);
    CHECK(sampler.params().temperature == 2);
    CHECK(sampler.sample(logits) == draw(logits, hot, 2)[1]);
    sampler.set_params(warm);
    CHECK(sampler.sample(logits) == expected[2]);

    sampler.accept(expected[3]);
    sampler.ban(expected[0]);
    const SamplerState state = sampler.state();
    sampler.set_params(hot);
    CHECK(sampler.state() == state);
    hot.min_p = 2;
    CHECK_THROWS_AS(sampler.set_params(hot), Error);
    CHECK(sampler.params().min_p == 0);

    SamplerParams other = warm;
    other.seed = 9;
    sampler.set_params(other);
    sampler.set_params(warm);
    const Token first = sampler.sample(logits);
    sampler.allow(expected[0]);
    sampler.set_params(other);
    sampler.set_params(warm);
    CHECK(sampler.sample(logits) == expected[0]);
    CHECK(first != expected[0]);
}

TEST_CASE("a draw takes the first token whose cumulative weight exceeds the random share of the total") {
    const std::vector<float> logits = random_logits(3000, 4);
    Distribution distribution(logits, {.temperature = 1.5f});
    std::mt19937_64 random(5);
    for (int i = 0; i < 200; ++i) {
        const uint64_t fraction = i == 0 ? 0 : i == 1 ? UINT64_MAX : random();
        __extension__ using Product = unsigned __int128;
        const Product share = static_cast<Product>(distribution.total()) * fraction;
        size_t rank = 0;
        Product sum = distribution.weight(0);
        while (sum << 64 <= share) sum += distribution.weight(++rank);
        CHECK(distribution.pick(fraction) == distribution.id(rank));
    }
}

TEST_CASE("tokens are drawn as often as their probability says") {
    const std::vector<float> logits = {0.0f, 1.0f, 2.0f, -1.0f, 1.5f, -40.0f};
    const SamplerParams params{.temperature = 1.3f, .seed = 11};
    const std::vector<double> expected = probabilities(logits, params);
    constexpr int draws = 50'000;
    std::map<Token, int> count;
    for (const Token id : draw(logits, params, draws)) ++count[id];
    for (Token id = 0; id < logits.size(); ++id) {
        const double deviation = std::sqrt(draws * expected[id] * (1 - expected[id]));
        CHECK(std::fabs(count[id] - draws * expected[id]) <= 4 * deviation + 1);
    }
}

TEST_CASE("extreme logits and temperatures are sampled without overflow") {
    const float largest = std::numeric_limits<float>::max();
    const std::vector<float> logits = {-largest, largest, 0.0f};
    CHECK(draw(logits, {.temperature = 1e-9f}, 3) == std::vector<Token>{1, 1, 1});
    CHECK(draw(logits, {.temperature = 1e-30f}, 3) == std::vector<Token>{1, 1, 1});
    const std::vector<double> flat = probabilities(std::vector<float>{1.0f, 2.0f}, {.temperature = largest});
    CHECK(flat == std::vector<double>{0.5, 0.5});
    CHECK(draw(std::vector<float>(1, -5.0f), {}, 2) == std::vector<Token>{0, 0});
}

TEST_CASE("parameters and logits that mean nothing are refused") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                    infinity = std::numeric_limits<float>::infinity();
    for (const float bad : {nan, infinity, -0.1f}) {
        check_contains(refusal_of([&] { Sampler({.temperature = bad}); }, Code::bad_argument), "temperature");
        check_contains(refusal_of([&] { Sampler({.top_p = bad}); }, Code::bad_argument), "top_p");
        check_contains(refusal_of([&] { Sampler({.min_p = bad}); }, Code::bad_argument), "min_p");
        check_contains(refusal_of([&] { Sampler({.typical = bad}); }, Code::bad_argument), "typical");
    }
    check_contains(refusal_of([] { Sampler({.min_p = 1.5f}); }, Code::bad_argument), "from 0 to 1");
    Sampler sampler({.temperature = 0});
    refusal_of([&] { sampler.sample({}); }, Code::bad_argument);
    for (const float bad : {nan, -nan, infinity, -infinity}) {
        const std::vector<float> logits = {1.0f, 2.0f, bad};
        check_contains(refusal_of([&] { sampler.sample(logits); }, Code::not_finite), "token 2");
    }
}

}  // namespace
