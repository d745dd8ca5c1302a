#pragma once
// Requests of all kinds, what each gives alone, and the comparison with what an engine gives.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "runtime/check/op_case.h"
#include "runtime/cpu/backend.h"
#include "runtime/engine/engine.h"
#include "runtime/synthetic/synthetic_model.h"

namespace rwkvk::engine {

using ModelPointer = std::shared_ptr<const Model>;
inline const BackendOptions backend_options{.max_rows = 32, .slots = 6};

inline std::unique_ptr<Backend> cpu_backend(const ModelPointer& model) {
    return cpu::make_backend(model->programs(), model->weights(), backend_options, {.threads = 1});
}

inline ContextMaker on_cpu(const ModelPointer& model) {
    return [model] { return std::make_shared<Context>(model, cpu_backend(model)); };
}

inline std::shared_ptr<const text::Tokenizer> bytes() { return text::make_byte_tokenizer(); }

/// What became of a request.
struct Told {
    std::vector<Token> tokens;
    std::string text;
    std::optional<Started> started;
    std::optional<Done> done;
    size_t progress = 0;
    std::vector<PromptScore> prompt_scores;
    std::vector<Score> scores;  // of the answer
    std::vector<Hidden> hidden;
};

class Listener {
  public:
    EventSink sink() {
        return [this](uint64_t id, const Event& event) {
            Told& told = told_[id];
            CHECK(!told.done);
            if (const auto* started = std::get_if<Started>(&event)) {
                CHECK(!told.started);
                told.started = *started;
            } else if (const auto* progress = std::get_if<Progress>(&event)) {
                CHECK(progress->done > told.progress);
                CHECK(progress->done <= progress->total);
                told.progress = progress->done;
            } else if (const auto* piece = std::get_if<Piece>(&event)) {
                told.tokens.push_back(piece->token);
                told.text += piece->answer;
                if (piece->score) told.scores.push_back(*piece->score);
            } else if (const auto* score = std::get_if<PromptScore>(&event)) {
                CHECK(told.tokens.empty());
                told.prompt_scores.push_back(*score);
            } else if (const auto* hidden = std::get_if<Hidden>(&event)) {
                told.hidden.push_back(*hidden);
            } else {
                told.done = std::get<Done>(event);
                told.text += told.done->answer;
            }
        };
    }
    const Told& operator[](uint64_t id) { return told_[id]; }
    size_t size() const { return told_.size(); }

  private:
    std::map<uint64_t, Told> told_;
};

inline text::SamplerParams some_sampling(check::Random& random) {
    const text::SamplerParams all[] = {
        {},
        {.temperature = 0},
        {.temperature = 0.9f,
         .top_p = 0.8f,
         .penalties = {.presence = 0.3f, .frequency = 0.2f, .decay = 0.9f, .repeat = 1.1f}},
        {.top_k = 50, .min_p = 0.01f, .order = text::SamplerOrder::llama}};
    text::SamplerParams params = all[random.below(4)];
    params.seed = random.next();
    return params;
}

/// Prompts that begin alike in part, of 1 to 90 tokens.
inline std::vector<Request> some_requests(size_t count, uint64_t seed) {
    check::Random random(seed);
    std::vector<Request> requests;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t family = random.below(3);
        Request request{.prompt = {}};
        const uint32_t shared = random.below(70), own = 1 + random.below(20);
        for (uint32_t k = 0; k < shared; ++k) request.prompt.push_back((family * 31 + k * k) % 256);
        for (uint32_t k = 0; k < own; ++k) request.prompt.push_back(random.below(256));
        if (random.below(2)) request.keep = {1 + random.below(static_cast<uint32_t>(request.prompt.size()))};
        request.sampler = text::Sampler(some_sampling(random));
        if (random.below(3) == 0) request.sampler.ban(random.below(256));
        request.limit = 1 + random.below(24);
        if (random.below(2)) request.ends = {random.below(256), random.below(256)};
        if (random.below(2)) request.stops = {std::string(1, static_cast<char>('a' + random.below(26)))};
        request.owner = std::string(1, static_cast<char>('A' + random.below(4)));
        requests.push_back(std::move(request));
    }
    return requests;
}

/// Token by token on a context of its own.
inline Told plainly(Context& context, const Request& request) {
    request.from ? context.set_state(0, request.from->values) : context.reset(0);
    text::Sampler sampler = request.sampler;
    AnswerText text(request.stops, request.start);
    std::vector<float> logits = context.feed(0, request.prompt);
    Told told;
    told.done = Done{.end = End::length};
    while (told.tokens.size() < request.limit) {
        const Token token = sampler.sample(logits);
        sampler.accept(token);
        told.done->end = End::stop;
        if (std::ranges::count(request.ends, token) > 0) break;
        told.tokens.push_back(token);
        told.text += text.push(bytes()->decode(token)).answer;
        if (text.stopped()) break;
        told.done->end = End::length;
        logits = context.feed(0, {&token, 1});
    }
    told.text += text.finish().answer;
    if (text.stopped()) told.done->end = End::stop;
    return told;
}

inline void check_same(const Told& told, const Told& expected) {
    REQUIRE(told.done);
    CHECK(told.tokens == expected.tokens);
    CHECK(told.text == expected.text);
    CHECK(told.done->end == expected.done->end);
    CHECK(told.done->tokens == expected.tokens.size());
}

inline std::vector<Told> all_plainly(const ModelPointer& model, std::span<const Request> requests) {
    Context context(model, cpu_backend(model));
    std::vector<Told> expected;
    for (const Request& request : requests) expected.push_back(plainly(context, request));
    return expected;
}

inline constexpr double a_piece = 1e-9;  // seconds in which nothing more than that is done

inline void step_to_the_end(Engine& engine, std::optional<double> seconds = std::nullopt) {
    for (size_t steps = 0; engine.step(seconds); ++steps) REQUIRE(steps < 100000);
}

/// All of them in an arrival of some kind, each compared with what it gives alone.
inline void check_among_others(Engine& engine, std::span<const Request> requests,
                               std::span<const Told> expected, uint64_t seed,
                               std::optional<double> seconds = std::nullopt) {
    check::Random random(seed);
    Listener listener;
    std::vector<uint64_t> ids;
    for (const Request& request : requests) {
        ids.push_back(engine.submit(request, listener.sink()));
        for (uint32_t steps = random.below(4); steps > 0; --steps) engine.step(seconds);
    }
    step_to_the_end(engine, seconds);
    for (size_t i = 0; i < ids.size(); ++i) {
        INFO("request ", i);
        check_same(listener[ids[i]], expected[i]);
        CHECK(listener[ids[i]].started->prompt_tokens == requests[i].prompt.size());
    }
    CHECK(engine.statistics().running == 0);
    CHECK(engine.statistics().waiting == 0);
}

}  // namespace rwkvk::engine
