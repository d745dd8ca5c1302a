// What happens to logits before they are sampled, and what a sampler remembers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "host/float_mode.h"
#include "runtime/text/distribution.h"
#include "runtime/text/sampler.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using test::check_contains;
using test::refusal_of;

/// The same on every machine, unlike the distributions of <random>: multiples of 2^-9 from -8 to 8.
std::vector<float> logits_of(size_t count, uint32_t seed) {
    std::vector<float> logits(count);
    uint32_t state = seed;
    for (float& logit : logits) {
        state = state * 1664525u + 1013904223u;
        logit = static_cast<float>(static_cast<int32_t>(state >> 19) - 4096) * 0x1p-9f;
    }
    return logits;
}

constexpr SamplerParams busy{
    .temperature = 1.2f,
    .top_p = 0.95f,
    .top_k = 300,
    .min_p = 1e-3f,
    .typical = 0.97f,
    .penalties = {.presence = 0.4f, .frequency = 0.3f, .decay = 0.9f, .repeat = 1.1f},
    .seed = 42};

/// Samples and accepts, each step with other logits; token ids divisible by 5 weigh nothing.
std::vector<Token> write(Sampler& sampler, int count, uint32_t first_step = 0) {
    std::vector<Token> ids;
    for (int i = 0; i < count; ++i) {
        ids.push_back(sampler.sample(logits_of(1000, first_step + static_cast<uint32_t>(i))));
        sampler.accept(ids.back(), ids.back() % 5 == 0 ? 0.0f : 1.0f);
    }
    return ids;
}

TEST_CASE("greedy choices with penalties are those of the reference") {
    const auto file = test::reference("golden/sampling/cases.json");
    if (!file) return;
    const auto cases = nlohmann::json::parse(test::contents_of(*file));
    int compared = 0;
    for (const auto& entry : cases.at("generate_penalties")) {
        const auto cycle = entry.at("logits_cycle").get<std::vector<std::vector<float>>>();
        Sampler sampler({.temperature = 0,
                         .penalties = {.presence = entry.at("alpha_presence").get<float>(),
                                       .frequency = entry.at("alpha_frequency").get<float>(),
                                       .decay = entry.at("alpha_decay").get<float>()}});
        for (const Token id : entry.at("token_ban").get<std::vector<Token>>()) sampler.ban(id);
        const auto stop = entry.at("token_stop").get<std::set<Token>>();
        std::vector<Token> sampled;
        while (sampled.size() < 40) {
            sampled.push_back(sampler.sample(cycle[sampled.size() % cycle.size()]));
            if (stop.count(sampled.back()) != 0) break;
            sampler.accept(sampled.back(), sampled.back() == 9 ? 0.0f : 1.0f);
        }
        CHECK(sampled == entry.at("sampled").get<std::vector<Token>>());
        ++compared;
    }
    CHECK(compared >= 4);
}

TEST_CASE("presence is charged in full for good, frequency by the faded count") {
    Penalties penalties({.presence = 0.5f, .frequency = 0.25f, .decay = 0.5f});
    std::vector<float> logits(4, 1.0f);
    penalties.charge(logits);
    CHECK(logits == std::vector<float>(4, 1.0f));
    penalties.accept(2, 1.0f);
    penalties.accept(2, 1.0f);
    penalties.accept(0, 0.0f);
    CHECK(penalties.occurrences() == std::vector<Occurrence>{{0, 0.0f}, {2, 0.75f}});
    penalties.charge(logits);
    CHECK(logits == std::vector<float>{0.5f, 1.0f, 0.3125f, 1.0f});
    for (int i = 0; i < 100; ++i) penalties.accept(0, 0.0f);
    CHECK(penalties.occurrences() == std::vector<Occurrence>{{0, 0.0f}, {2, 0.0f}});
    std::vector<float> later(4, 1.0f);
    penalties.charge(later);
    CHECK(later == std::vector<float>{0.5f, 1.0f, 0.5f, 1.0f});
}

TEST_CASE("the repeat penalty divides positive logits and multiplies others, before the rest") {
    Penalties penalties({.presence = 1.0f, .repeat = 2.0f});
    for (const Token id : {0, 1, 2}) penalties.accept(id, 1.0f);
    std::vector<float> logits = {3.0f, -3.0f, 0.0f, 3.0f};
    penalties.charge(logits);
    CHECK(logits == std::vector<float>{0.5f, -7.0f, -1.0f, 3.0f});
}

TEST_CASE("no edit makes a finite logit infinite") {
    constexpr float largest = std::numeric_limits<float>::max();
    for (const float sign : {1.0f, -1.0f}) {
        for (const float repeat : {0x1p30f, 0x1p-30f}) {
            Sampler sampler(
                {.penalties = {.presence = sign * 0x1p30f, .frequency = sign * 0x1p30f, .repeat = repeat}});
            for (const Token id : {0, 1}) {
                sampler.accept(id, 0x1p20f);
                sampler.set_bias(id, sign * 0x1p30f);
            }
            Distribution left = sampler.distribution(std::vector<float>{largest, -largest});
            CHECK(left.size() == 2);
            CHECK(left.total() >= left.weight(0));
            CHECK(left.id(0) == 0);
        }
    }
}

TEST_CASE("a bias is added first, in any order of setting; 0 takes it back") {
    const std::vector<float> logits = {1.0f, 2.0f, 3.0f};
    Sampler sampler({.temperature = 0});
    sampler.set_bias(0, 5.0f);
    CHECK(sampler.sample(logits) == 0);
    sampler.set_bias(1, 4.5f);
    CHECK(sampler.sample(logits) == 1);
    sampler.set_bias(0, 0.0f);
    sampler.set_bias(1, 0.0f);
    CHECK(sampler.sample(logits) == 2);

    Sampler forwards(busy), backwards(busy);
    for (Token id = 0; id < 500; ++id) forwards.set_bias(id, static_cast<float>(id % 7) - 3);
    for (Token id = 500; id-- > 0;) backwards.set_bias(id, static_cast<float>(id % 7) - 3);
    CHECK(write(forwards, 50) == write(backwards, 50));
}

TEST_CASE("a bias on a penalised token counts before the repeat penalty") {
    Sampler sampler({.temperature = 0, .penalties = {.repeat = 2.0f}});
    sampler.accept(0);
    sampler.set_bias(0, -2.0f);
    const std::vector<float> logits = {1.0f, -1.5f};  // 1 - 2 = -1, then -2; without the bias 0.5
    CHECK(sampler.sample(logits) == 1);
}

TEST_CASE("a banned token is never chosen; all banned is an error") {
    const std::vector<float> logits = {1.0f, 9.0f, 3.0f};
    Sampler sampler({.seed = 3});
    sampler.ban(1);
    for (int i = 0; i < 200; ++i) CHECK(sampler.sample(logits) != 1);
    sampler.ban(0);
    sampler.set_bias(0, 1000.0f);
    CHECK(sampler.sample(logits) == 2);
    sampler.ban(2);
    check_contains(refusal_of([&] { sampler.sample(logits); }, Code::bad_argument),
                   "all 3 tokens are banned");
    sampler.allow(1);
    CHECK(sampler.sample(logits) == 1);
}

TEST_CASE("a model's NaN or infinity is found before bans and biases could hide it") {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
        const std::vector<float> logits = {1.0f, bad, 3.0f};
        Sampler sampler({});
        sampler.ban(1);
        sampler.set_bias(1, 1.0f);
        check_contains(refusal_of([&] { sampler.sample(logits); }, Code::not_finite), "token 1");
        CHECK(sampler.draws() == 0);
    }
}

TEST_CASE("values without a meaning and tokens outside the vocabulary are refused") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                    infinity = std::numeric_limits<float>::infinity();
    for (const float bad : {nan, infinity, -infinity, 0x1p31f}) {
        const auto refused = [](const PenaltyParams& penalties) {
            return refusal_of([&] { Sampler({.penalties = penalties}); }, Code::bad_argument);
        };
        check_contains(refused({.presence = bad}), "presence");
        check_contains(refused({.frequency = bad}), "frequency");
        check_contains(refused({.decay = bad}), "decay");
        check_contains(refused({.repeat = bad}), "repeat");
        Sampler sampler({});
        check_contains(refusal_of([&] { sampler.set_bias(3, bad); }, Code::bad_argument), "token 3");
        refusal_of([&] { sampler.accept(3, bad); }, Code::bad_argument);
    }
    refusal_of([] { Sampler({.penalties = {.decay = 1.01f}}); }, Code::bad_argument);
    refusal_of([] { Sampler({.penalties = {.repeat = 0.0f}}); }, Code::bad_argument);

    const std::vector<float> logits(5, 0.0f);
    Sampler sampler({});
    refusal_of([&] { sampler.accept(1u << 24); }, Code::bad_token);
    refusal_of([&] { sampler.ban(UINT32_MAX); }, Code::bad_token);
    refusal_of([&] { sampler.set_bias(1u << 24, 1.0f); }, Code::bad_token);
    Sampler biased({}), banning({}), accepting({});
    biased.set_bias(5, 1.0f);
    banning.ban(5);
    accepting.accept(5);
    for (Sampler* each : {&biased, &banning, &accepting})
        check_contains(refusal_of([&] { each->sample(logits); }, Code::bad_token), "token 5");
}

TEST_CASE("a restored, forked or taken back chat goes on as the first did") {
    for (const SamplerOrder order : {SamplerOrder::rwkv, SamplerOrder::llama}) {
        SamplerParams params = busy;
        params.order = order;
        Sampler first(params);
        write(first, 20);
        const SamplerState saved = first.state();
        const std::vector<Token> expected = write(first, 30, 20);
        CHECK(first.draws() == 50);

        Sampler other(params);
        other.restore(saved);
        CHECK(other.state() == saved);
        CHECK(write(other, 30, 20) == expected);
        CHECK(other.state() == first.state());
        first.restore(saved);
        CHECK(write(first, 30, 20) == expected);

        other.restore({.draws = saved.draws, .occurrences = {}});
        CHECK(write(other, 30, 20) != expected);
    }
}

TEST_CASE("forgetting what was accepted ends the penalties and keeps the draws") {
    Sampler sampler(busy);
    write(sampler, 5);
    sampler.forget_accepted();
    CHECK(sampler.state() == SamplerState{.draws = 5, .occurrences = {}});
}

TEST_CASE("a state that no sampler has is refused, and the one before stays") {
    Sampler sampler(busy);
    write(sampler, 5);
    const SamplerState before = sampler.state();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const std::vector<Occurrence>& bad : std::vector<std::vector<Occurrence>>{{{3, 1.0f}, {3, 1.0f}},
                                                                                   {{4, 1.0f}, {3, 1.0f}},
                                                                                   {{1u << 24, 1.0f}},
                                                                                   {{3, -1.0f}},
                                                                                   {{3, nan}},
                                                                                   {{3, 1e30f}},
                                                                                   {{3, 1e-40f}},
                                                                                   {{3, -0.0f}}}) {
        refusal_of([&] { sampler.restore({.draws = 1, .occurrences = bad}); }, Code::bad_argument);
        CHECK(sampler.state() == before);
    }
}

TEST_CASE("flush-to-zero changes no draw and no count") {
    for (const SamplerOrder order : {SamplerOrder::rwkv, SamplerOrder::llama}) {
        SamplerParams params = busy;
        params.order = order;
        std::vector<std::vector<Token>> ids;
        std::vector<SamplerState> states;
        for (const Denormals denormals : {Denormals::keep, Denormals::flush}) {
            const FloatModeScope mode(denormals);
            Sampler sampler(params);
            ids.push_back(write(sampler, 700));  // 0.9^700 is far below the smallest number
            states.push_back(sampler.state());
        }
        CHECK(ids[0] == ids[1]);
        CHECK(states[0] == states[1]);
    }
}

TEST_CASE("a thousand seeds: each repeats itself, no two agree, and together they follow the probabilities") {
    const std::vector<float> logits = logits_of(200, 9);
    Distribution expected = Sampler(SamplerParams{}).distribution(logits);
    std::set<std::vector<Token>> seen;
    std::vector<int> count(logits.size(), 0);
    constexpr uint64_t seeds = 1000;
    constexpr int draws = 16;
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        Sampler one({.seed = seed}), two({.seed = seed});
        std::vector<Token> ids;
        for (int i = 0; i < draws; ++i) {
            ids.push_back(one.sample(logits));
            ++count[ids.back()];
            REQUIRE(two.sample(logits) == ids.back());
        }
        seen.insert(ids);
    }
    CHECK(seen.size() == seeds);
    for (size_t rank = 0; rank < expected.size(); ++rank) {
        const double p = static_cast<double>(expected.weight(rank)) / static_cast<double>(expected.total());
        const double mean = seeds * draws * p;
        CHECK(std::fabs(count[expected.id(rank)] - mean) <= 5 * std::sqrt(mean) + 1);
    }
}

TEST_CASE("the draws are the same on every machine") {
    Sampler rwkv(busy);
    CHECK(write(rwkv, 12) == std::vector<Token>{220, 113, 963, 526, 720, 84, 938, 689, 326, 731, 832, 32});
    SamplerParams params = busy;
    params.order = SamplerOrder::llama;
    Sampler llama(params);
    CHECK(write(llama, 12) == std::vector<Token>{301, 113, 328, 779, 352, 20, 616, 537, 326, 78, 579, 163});
}

TEST_CASE("digits and blanks weigh nothing, as in the reference") {
    for (const char* text : {"", " ", "\t", "7", " \t", "0123", "456789", "\t0"})
        CHECK(penalty_weight(text) == 0);
    for (const char* text : {"a", "  ", "10", " 1", "\n", "7.", "0123456789a"})
        CHECK(penalty_weight(text) == 1);
}

}  // namespace
