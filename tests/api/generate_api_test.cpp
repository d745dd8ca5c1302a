// rwkvk_generate: the tokens of rwkvk_sampler_sample and rwkvk_eval, one after the other, on the CPU and on a
// device that draws.
#include <doctest/doctest.h>

#include <algorithm>
#include <rwkvk_generate.hpp>
#include <stdexcept>

#include "tests/support/border_handles.h"

namespace {

using rwkvk::Context, rwkvk::Token;
using Tokens = std::vector<Token>;

constexpr uint32_t slot = 1;
const Tokens prompt = {72, 101, 108};

rwkvk_sampler_params lively() {
    rwkvk_sampler_params params = rwkvk::sampler_params();
    params.top_p = 0.9f;
    params.presence = 0.3f;
    params.frequency = 0.2f;
    params.seed = 11;
    return params;
}

struct Outcome {
    Tokens tokens;
    std::vector<float> state;
    bool operator==(const Outcome&) const = default;
};

/// The state holds `fed` of the tokens.
Outcome one_by_one(const rwkvk::Runtime& runtime, Context& context, size_t count, size_t fed) {
    rwkvk::Sampler sampler(runtime, lively());
    context.reset(slot);
    std::vector<float> logits = context.eval(slot, prompt);
    Outcome outcome;
    while (outcome.tokens.size() < count) {
        outcome.tokens.push_back(sampler.sample(logits));
        if (outcome.tokens.size() <= fed) logits = context.eval(slot, {outcome.tokens.back()});
    }
    outcome.state = context.state(slot);
    return outcome;
}

Outcome generated(const rwkvk::Runtime& runtime, Context& context, const Tokens& ends, size_t limit,
                  const std::function<bool(const Tokens&)>& more) {
    rwkvk::Sampler sampler(runtime, lively());
    context.reset(slot);
    const std::vector<float> logits = context.eval(slot, prompt);
    Outcome outcome;
    rwkvk::generate(context, slot, logits, sampler, ends, limit, [&](Token token) {
        outcome.tokens.push_back(token);
        return more(outcome.tokens);
    });
    outcome.state = context.state(slot);
    return outcome;
}

bool always(const Tokens&) { return true; }

/// On the CPU and, where there is a device, on it.
template <typename Body>
void on_each(const Body& body) {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    rwkvk_context_params params = rwkvk::test::on_cpu();
    Context cpu(model, params);
    body(runtime, cpu, cpu);
    if (runtime.devices().empty()) return;
    params.device = "0";
    Context device(model, params);
    body(runtime, cpu, device);
}

TEST_CASE("generate ends at the limit, at an end, or when enough was heard") {
    on_each([](const rwkvk::Runtime& runtime, Context& reference, Context& context) {
        const Outcome all = one_by_one(runtime, reference, 40, 40);
        CHECK(generated(runtime, context, {}, 40, always) == all);
        CHECK(generated(runtime, context, {}, 0, always) == one_by_one(runtime, reference, 0, 0));
        const auto seven = [](const Tokens& tokens) { return tokens.size() < 7; };
        CHECK(generated(runtime, context, {}, 40, seven) == one_by_one(runtime, reference, 7, 6));
        const Token end = all.tokens[25];
        const auto at = static_cast<size_t>(std::ranges::find(all.tokens, end) - all.tokens.begin());
        CHECK(generated(runtime, context, {300, end}, 40, always) ==
              one_by_one(runtime, reference, at + 1, at));
        const Tokens many_ends = {300, 301, 302, 303, 304, 305, 306, 307, 308, end};
        CHECK(generated(runtime, context, many_ends, 40, always) ==
              one_by_one(runtime, reference, at + 1, at));
    });
}

TEST_CASE("an interrupt and an exception stop it; the tokens that were heard are in the state, or not") {
    on_each([](const rwkvk::Runtime& runtime, Context& reference, Context& context) {
        size_t heard = 0;
        const auto interrupting = [&](const Tokens& tokens) {
            heard = tokens.size();
            if (heard == 5) context.interrupt();
            return true;
        };
        CHECK_THROWS_AS(generated(runtime, context, {}, 40, interrupting), rwkvk::Error);
        CHECK(heard == 5);
        CHECK(context.state(slot) == one_by_one(runtime, reference, 5, 5).state);
        const auto throwing = [](const Tokens& tokens) -> bool {
            if (tokens.size() == 4) throw std::runtime_error("mine");
            return true;
        };
        CHECK_THROWS_WITH(generated(runtime, context, {}, 40, throwing), "mine");
        CHECK(context.state(slot) == one_by_one(runtime, reference, 4, 3).state);
    });
}

}  // namespace
