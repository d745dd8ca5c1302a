// A request served among others gives what it gives alone, by plain feeding and drawing, whatever happens
// meanwhile.
#include "runtime/engine/engine.h"

#include <doctest/doctest.h>

#include <thread>

#include "runtime/gpu/backend.h"
#include "tests/engine/some_requests.h"
#include "tests/support/heap_bytes.h"
#include "tests/support/refusal.h"
#include "tests/support/test_device.h"

namespace rwkvk::engine {
namespace {

using test::refusal_of;

TEST_CASE(
    "64 requests among each other, in any arrival, after cache hits and in small steps, are those alone") {
    for (const char* spec : {"v7:2x64x256:f16", "v6:1x64x256:q8_0", "v4:1x64x256:f32"}) {
        const ModelPointer model = synthetic_model(spec);
        const std::vector<Request> requests = some_requests(64, 3);
        const std::vector<Told> expected = all_plainly(model, requests);
        std::vector<ContextMaker> makers = {on_cpu(model)};
        const auto device = test::open_device();
        if (device) {
            makers.push_back([&] {
                return std::make_shared<Context>(
                    model, gpu::make_backend(model->programs(), model->weights(), backend_options,
                                             *device->kernels, {}));
            });
        }
        for (const ContextMaker& make : makers) {
            INFO(spec);
            Engine engine(model, bytes(), make, {.threads = 2});
            check_among_others(engine, requests, expected, 1);
            const uint64_t cached = engine.statistics().cached_tokens;
            check_among_others(engine, requests, expected, 2);
            CHECK(engine.statistics().cached_tokens > cached + 500);
            check_among_others(engine, requests, expected, 3, a_piece);
            check_among_others(engine, requests, expected, 6, 0.002);
            Engine forgetful(model, bytes(), make, {.cache_bytes = 3 * model->state_bytes(), .threads = 1});
            check_among_others(forgetful, requests, expected, 4);
            CHECK(forgetful.statistics().kept_bytes <= 3 * model->state_bytes());
            Engine without(model, bytes(), make, {.cache_bytes = 0, .threads = 1});
            check_among_others(without, requests, expected, 5);
            CHECK(without.statistics().kept_states == 0);
        }
        if (device) test::check_no_messages(*device);
    }
}

/// Behind the first tokens of a prompt, which are taken from it.
std::shared_ptr<const SavedState> state_behind(Engine& engine, Request& request, size_t tokens) {
    const auto middle = request.prompt.begin() + static_cast<ptrdiff_t>(tokens);
    Request first{.prompt = {request.prompt.begin(), middle}};
    first.limit = 0;
    first.wants_state = true;
    request.prompt.erase(request.prompt.begin(), middle);
    request.keep.clear();
    Listener listener;
    const uint64_t id = engine.submit(std::move(first), listener.sink());
    step_to_the_end(engine);
    REQUIRE(listener[id].done);
    CHECK(listener[id].tokens.empty());
    CHECK(listener[id].done->end == End::length);
    return listener[id].done->state;
}

TEST_CASE("a prompt goes on from a state as if it had been read with what made it") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    const std::vector<Request> whole = some_requests(40, 21);
    std::vector<Told> expected = all_plainly(model, whole);
    for (const uint64_t cache_bytes : {uint64_t{1} << 30, uint64_t{0}}) {
        Engine engine(model, bytes(), on_cpu(model), {.cache_bytes = cache_bytes, .threads = 1});
        std::vector<Request> halves = whole;
        for (Request& request : halves) {
            const size_t tokens = request.prompt.size() / 2;
            if (tokens == 0) continue;
            request.from = state_behind(engine, request, tokens);
            REQUIRE(request.from);
            CHECK(request.from->position == tokens);
        }
        check_among_others(engine, halves, expected, 1);
        check_among_others(engine, halves, expected, 2, a_piece);
    }
}

TEST_CASE("what was read from one state is not found from another") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
    std::vector<Request> requests = some_requests(24, 22);
    for (size_t i = 0; i < requests.size(); ++i) {
        Request opening{.prompt = {static_cast<Token>(i % 3), 7}};
        requests[i].prompt = requests[i % 2].prompt;
        requests[i].keep.clear();
        if (i % 4 > 0) requests[i].from = state_behind(engine, opening, 1 + i % 2);
    }
    const std::vector<Told> expected = all_plainly(model, requests);
    check_among_others(engine, requests, expected, 1);
    const uint64_t cached = engine.statistics().cached_tokens;
    check_among_others(engine, requests, expected, 2);
    CHECK(engine.statistics().cached_tokens > cached);
}

TEST_CASE("a state tells how many tokens made it, also of an answer that was cut") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
    Request request{.prompt = {1, 2, 3}};
    request.limit = 5;
    request.wants_state = true;
    request.from = std::make_shared<SavedState>(
        SavedState{.values = std::vector<float>(model->state_bytes() / sizeof(float)), .position = 100});
    Listener listener;
    const uint64_t id = engine.submit(request, listener.sink());
    step_to_the_end(engine);
    const Told& told = listener[id];
    REQUIRE(told.done->state);
    const size_t fed = 3 + told.tokens.size() - 1;  // the last token is not fed
    CHECK(told.done->state->position == 100 + fed);
    Context context(model, cpu_backend(model));
    context.set_state(0, request.from->values);
    std::vector<Token> tokens = request.prompt;
    tokens.insert(tokens.end(), told.tokens.begin(), told.tokens.end() - 1);
    context.feed(0, tokens);
    CHECK(told.done->state->values == context.state(0));
    Request wrong = request;
    wrong.from = std::make_shared<SavedState>(SavedState{.values = {1, 2}, .position = 1});
    CHECK(refusal_of([&] { engine.submit(wrong, listener.sink()); }, Code::bad_shape).find("2 elements") !=
          std::string::npos);
}

/// Of the answer's tokens, and of the prompt's, where `alternatives` likelier ones are told too.
void check_scores(const Request& request, const Told& told, Context& context, size_t prompt_scores) {
    std::vector<Token> tokens = request.prompt;
    tokens.insert(tokens.end(), told.tokens.begin(), told.tokens.end());
    REQUIRE(told.prompt_scores.size() == prompt_scores);
    REQUIRE(told.scores.size() == told.tokens.size());
    context.reset(0);
    for (size_t i = 1; i < tokens.size(); ++i) {
        const std::vector<float> logits = context.feed(0, std::span(tokens).subspan(i - 1, 1));
        const text::LogProbabilities given(logits);
        const size_t drawn = i - request.prompt.size();
        const Score* score = i >= request.prompt.size() ? &told.scores[drawn] : nullptr;
        if (!score && prompt_scores == 0) continue;
        if (!score) {
            const PromptScore& read = told.prompt_scores[i - 1];
            CHECK(read.position == i);
            CHECK(read.total == request.prompt.size());
            CHECK(read.token == tokens[i]);
            score = &read.score;
        }
        CHECK(score->log_probability == given.of(tokens[i]));
        CHECK(score->highest == given.highest(*request.alternatives));
    }
}

TEST_CASE("tokens are told with what the model gave them, those of prompts too") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    Context context(model, cpu_backend(model));
    for (const std::optional<double> seconds : {std::optional<double>(), std::optional(a_piece)}) {
        Engine engine(model, bytes(), on_cpu(model), {.threads = 2});
        std::vector<Request> requests = some_requests(24, 31);
        std::map<uint64_t, Request*> by_id;
        Listener listener;
        for (size_t i = 0; i < requests.size(); ++i) {
            Request& request = requests[i];
            request.ends.clear();  // what ends an answer is not told
            request.alternatives = static_cast<uint32_t>(i % 4);
            request.scores_prompt = i % 3 > 0;
            if (i % 5 == 0) {  // states of it are kept
                request.prompt = requests[1].prompt;
                request.keep.clear();
            }
            by_id[engine.submit(request, listener.sink())] = &request;
            if (i % 6 == 5) step_to_the_end(engine, seconds);
        }
        step_to_the_end(engine, seconds);
        for (const auto& [id, request] : by_id) {
            CAPTURE(id);
            const size_t scored = request->scores_prompt ? request->prompt.size() - 1 : 0;
            check_scores(*request, listener[id], context, scored);
        }
        CHECK(engine.statistics().cached_tokens > 0);
    }
}

TEST_CASE("a fork goes on from where the other is, and with its seed says the same") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    Context context(model, cpu_backend(model));
    size_t compared = 0;
    for (const Request& request : some_requests(20, 11)) {
        Listener listener;
        Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
        const uint64_t id = engine.submit(request, listener.sink());
        engine.step();
        engine.step();
        const size_t then = listener[id].tokens.size();
        const uint64_t same = engine.fork(id, request.sampler.params().seed, listener.sink());
        const uint64_t other = engine.fork(id, 99, listener.sink());
        step_to_the_end(engine);
        const Told expected = plainly(context, request);
        check_same(listener[id], expected);
        if (expected.tokens.size() <= then || listener[same].done->end == End::failed) continue;
        ++compared;
        CHECK(listener[same].tokens ==
              std::vector<Token>(expected.tokens.begin() + static_cast<ptrdiff_t>(then),
                                 expected.tokens.end()));
        CHECK(listener[same].done->end == expected.done->end);
        // Another seed: what a request of these tokens gives.
        Request rest = request;
        rest.prompt.insert(rest.prompt.end(), expected.tokens.begin(),
                           expected.tokens.begin() + static_cast<ptrdiff_t>(then));
        rest.limit -= static_cast<uint32_t>(then);
        for (size_t i = 0; i < then; ++i) rest.sampler.accept(expected.tokens[i]);
        text::SamplerParams params = rest.sampler.params();
        params.seed = 99;
        rest.sampler.set_params(params);
        CHECK(listener[other].tokens == plainly(context, rest).tokens);
    }
    CHECK(compared >= 10);
    Listener listener;
    Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
    const uint64_t none = engine.fork(77, 1, listener.sink());
    step_to_the_end(engine);
    CHECK(listener[none].done->end == End::failed);
    CHECK(listener[none].done->code == Code::bad_argument);
}

TEST_CASE("a fork in the middle of a row goes on from the end of that row") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    size_t compared = 0;
    for (const Request& request : some_requests(30, 12)) {
        Listener listener;
        Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
        const uint64_t id = engine.submit(request, listener.sink());
        for (uint64_t steps = 30 + 7 * id; steps > 0; --steps) engine.step(a_piece);
        const size_t then = listener[id].tokens.size();
        const uint64_t same = engine.fork(id, request.sampler.params().seed, listener.sink());
        step_to_the_end(engine, a_piece);
        if (listener[same].done->end == End::failed) continue;  // the other one was over
        ++compared;
        const std::vector<Token>&all = listener[id].tokens, &rest = listener[same].tokens;
        CHECK(all.size() - rest.size() - then <= 1);
        CHECK(std::equal(rest.rbegin(), rest.rend(), all.rbegin()));
        CHECK(listener[same].done->end == listener[id].done->end);
    }
    CHECK(compared >= 10);
}

void check_cancelled(const ModelPointer& model, std::optional<double> seconds) {
    const std::vector<Request> requests = some_requests(24, 5);
    const std::vector<Told> expected = all_plainly(model, requests);
    Listener listener;
    Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
    std::vector<uint64_t> ids;
    for (const Request& request : requests) ids.push_back(engine.submit(request, listener.sink()));
    for (size_t i = 0; i < ids.size(); i += 3) {  // waiting, reading and answering ones
        engine.cancel(ids[i]);
        engine.step(seconds);
        CHECK(listener[ids[i]].done);  // at once, even in the middle of a row
    }
    engine.cancel(12345);
    step_to_the_end(engine, seconds);
    for (size_t i = 0; i < ids.size(); ++i) {
        const Told& told = listener[ids[i]];
        REQUIRE(told.done);
        if (told.done->end != End::cancelled) {
            check_same(told, expected[i]);
        } else {
            CHECK(i % 3 == 0);
            CHECK(std::equal(told.tokens.begin(), told.tokens.end(), expected[i].tokens.begin()));
        }
    }
    CHECK(listener[ids[0]].done->end == End::cancelled);
    check_among_others(engine, requests, expected, 1, seconds);  // the slots are free again
}

TEST_CASE("a request can be cancelled at any time, and others do not notice") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    check_cancelled(model, std::nullopt);
    check_cancelled(model, a_piece);
}

TEST_CASE("steps with a time and steps without one can take turns") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    const std::vector<Request> requests = some_requests(24, 9);
    const std::vector<Told> expected = all_plainly(model, requests);
    Listener listener;
    Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
    for (const Request& request : requests) engine.submit(request, listener.sink());
    check::Random random(4);
    const auto some_time = [&]() -> std::optional<double> {
        return random.below(5) == 0 ? std::nullopt : std::optional(random.below(3) * 1e-4);
    };
    for (size_t steps = 0; engine.step(some_time()); ++steps) REQUIRE(steps < 100000);
    for (size_t i = 0; i < requests.size(); ++i) check_same(listener[i + 1], expected[i]);
}

TEST_CASE("what cannot be served is refused at once, and more than may wait too") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    Listener listener;
    Engine engine(model, bytes(), on_cpu(model), {.queue = 2, .threads = 1});
    const auto refused = [&](Request request, Code code) {
        return refusal_of([&] { engine.submit(std::move(request), listener.sink()); }, code);
    };
    test::check_contains(refused({.prompt = {}}, Code::bad_argument), "at least 1 token");
    test::check_contains(refused({.prompt = {1, 256}}, Code::bad_token), "token 1 of the prompt has id 256");
    test::check_contains(refused({.prompt = {1}, .keep = {2}}, Code::bad_argument), "the prompt has 1");
    refused({.prompt = {1}, .stops = {""}}, Code::bad_argument);
    engine.submit({.prompt = {1}, .limit = 3}, listener.sink());
    engine.submit({.prompt = {2}, .limit = 3}, listener.sink());
    test::check_contains(refused({.prompt = {3}}, Code::busy), "try again later");
    refusal_of([&] { engine.fork(1, 1, listener.sink()); }, Code::busy);
    step_to_the_end(engine);
    engine.submit({.prompt = {3}, .limit = 3}, listener.sink());
    step_to_the_end(engine);
    CHECK(listener.size() == 3);
}

TEST_CASE("an engine that goes away tells what it leaves undone") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    Listener listener;
    {
        Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
        for (const Request& request : some_requests(10, 1)) engine.submit(request, listener.sink());
        engine.step();
    }
    CHECK(listener.size() == 10);
    for (uint64_t id = 1; id <= 10; ++id) CHECK(listener[id].done);
}

TEST_CASE("a thread of its own serves requests of several threads") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    const std::vector<Request> requests = some_requests(30, 77);
    const std::vector<Told> expected = all_plainly(model, requests);
    Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
    std::mutex mutex;
    std::condition_variable changed;
    size_t left = requests.size();
    std::vector<Told> told(requests.size());
    {
        std::jthread driver([&](std::stop_token stop) { engine.run(stop); });
        std::vector<std::jthread> clients;
        for (size_t client = 0; client < 3; ++client) {
            clients.emplace_back([&, client] {
                for (size_t i = client; i < requests.size(); i += 3) {
                    engine.submit(requests[i], [&, i](uint64_t, const Event& event) {
                        const std::lock_guard lock(mutex);
                        if (const auto* piece = std::get_if<Piece>(&event)) {
                            told[i].tokens.push_back(piece->token);
                            told[i].text += piece->answer;
                        } else if (const auto* done = std::get_if<Done>(&event)) {
                            told[i].text += done->answer;
                            told[i].done = *done;
                            --left;
                            changed.notify_all();
                        }
                    });
                }
            });
        }
        std::unique_lock lock(mutex);
        REQUIRE(changed.wait_for(lock, std::chrono::minutes(2), [&] { return left == 0; }));
    }
    for (size_t i = 0; i < requests.size(); ++i) check_same(told[i], expected[i]);
}

TEST_CASE("ten thousand requests leave nothing behind") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    const uint64_t cache_bytes = 20 * model->state_bytes();
    size_t done = 0;
    const EventSink sink = [&](uint64_t, const Event& event) { done += std::holds_alternative<Done>(event); };
    Engine engine(model, bytes(), on_cpu(model), {.cache_bytes = cache_bytes, .threads = 1});
    check::Random random(4);
    size_t heap_before = 0;
    for (int i = 0; i < 10000; ++i) {
        if (i == 2000) heap_before = test::heap_bytes();
        Request request{.prompt = {random.below(256), random.below(4)}, .limit = 1 + random.below(2)};
        const uint64_t id = engine.submit(std::move(request), sink);
        if (i % 7 == 0) engine.cancel(id);
        while (engine.statistics().waiting > 10) engine.step();
        engine.step();
    }
    step_to_the_end(engine);
    CHECK(done == 10000);
    CHECK(test::heap_bytes() <= heap_before + 200'000);
    const EngineStatistics counts = engine.statistics();
    CHECK(counts.finished == 10000);
    CHECK(counts.failed == 0);
    CHECK(counts.running == 0);
    CHECK(counts.kept_bytes <= cache_bytes);
    // Every slot is free again: as many requests as there are slots run at once.
    for (uint32_t i = 0; i < backend_options.slots; ++i) engine.submit({.prompt = {1}, .limit = 50}, sink);
    engine.step();
    CHECK(engine.statistics().running == backend_options.slots);
}

}  // namespace
}  // namespace rwkvk::engine
