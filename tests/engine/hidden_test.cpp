// Hidden vectors of prompts from an engine are those of plain feeding, whatever is served beside.
#include <doctest/doctest.h>

#include "runtime/engine/engine.h"
#include "runtime/gpu/backend.h"
#include "tests/engine/some_requests.h"
#include "tests/support/refusal.h"
#include "tests/support/test_device.h"

namespace rwkvk::engine {
namespace {

using Vectors = std::vector<std::vector<float>>;

Request hidden_request(std::vector<Token> prompt, Want want) {
    return {.prompt = std::move(prompt), .limit = 0, .hidden = want};
}

/// Token by token.
Vectors plain_vectors(Context& context, const Request& request) {
    Vectors vectors;
    request.from ? context.set_state(0, request.from->values) : context.reset(0);
    for (const Token& token : request.prompt) {
        const Feed feed{.slot = 0, .tokens = {&token, 1}, .want = Want::all, .hidden = true, .vectors = {}};
        context.feed({&feed, 1}, [&](size_t, size_t, std::span<const float> row) {
            vectors.emplace_back(row.begin(), row.end());
        });
    }
    if (request.hidden == Want::last) vectors.erase(vectors.begin(), vectors.end() - 1);
    return vectors;
}

void check_vectors(const Told& told, const Request& request, const Vectors& expected) {
    REQUIRE(told.done);
    CHECK(told.done->end == End::length);
    CHECK(told.done->tokens == 0);
    CHECK(told.done->cached_tokens == 0);
    REQUIRE(told.hidden.size() == expected.size());
    const size_t first = request.prompt.size() - expected.size();
    for (size_t i = 0; i < expected.size(); ++i) {
        CHECK(told.hidden[i].position == first + i);
        CHECK(told.hidden[i].total == request.prompt.size());
        CHECK(told.hidden[i].vector == expected[i]);
    }
}

TEST_CASE("hidden vectors among answers, in any steps, are those of tokens fed one by one") {
    const ModelPointer model = synthetic_model("v7:2x64x256:f16");
    Context context(model, cpu_backend(model));
    std::vector<ContextMaker> makers = {on_cpu(model)};
    const auto device = test::open_device();
    if (device) {
        makers.push_back([&] {
            return std::make_shared<Context>(model, gpu::make_backend(model->programs(), model->weights(),
                                                                      backend_options, *device->kernels, {}));
        });
    }
    const std::vector<Request> others = some_requests(12, 5);
    const std::vector<Told> expected = all_plainly(model, others);
    std::vector<Request> asked;
    for (size_t i = 0; i < others.size(); ++i)  // prompts that are read for answers too
        asked.push_back(hidden_request(others[i].prompt, i % 3 == 0 ? Want::last : Want::all));
    for (const ContextMaker& make : makers) {
        for (const std::optional<double> seconds : {std::optional<double>(), std::optional(a_piece)}) {
            Engine engine(model, bytes(), make, {.threads = 2});
            Listener listener;
            std::vector<uint64_t> answers, vectors;
            for (size_t i = 0; i < others.size(); ++i) {
                vectors.push_back(engine.submit(asked[i], listener.sink()));
                answers.push_back(engine.submit(others[i], listener.sink()));
                if (i % 4 == 3) step_to_the_end(engine, seconds);
            }
            step_to_the_end(engine, seconds);
            for (size_t i = 0; i < others.size(); ++i) {
                CAPTURE(i);
                check_vectors(listener[vectors[i]], asked[i], plain_vectors(context, asked[i]));
                check_same(listener[answers[i]], expected[i]);
            }
        }
    }
}

TEST_CASE("hidden vectors go on from a state, and a fork of them tells all again") {
    const ModelPointer model = synthetic_model("v6:1x64x256:q8_0");
    Context context(model, cpu_backend(model));
    context.reset(0);
    context.feed(0, std::vector<Token>{7, 8, 9});
    Request request = hidden_request({}, Want::all);
    for (Token token = 0; token < 70; ++token) request.prompt.push_back(token);
    request.from = std::make_shared<SavedState>(SavedState{.values = context.state(0), .position = 3});
    Engine engine(model, bytes(), on_cpu(model), {.step_seconds = a_piece, .threads = 1});
    Listener listener;
    const uint64_t id = engine.submit(request, listener.sink());
    engine.step();
    const uint64_t fork = engine.fork(id, 1, listener.sink());
    step_to_the_end(engine);
    const Vectors expected = plain_vectors(context, request);
    check_vectors(listener[id], request, expected);
    check_vectors(listener[fork], request, expected);
    CHECK(engine.statistics().kept_states == 0);
}

TEST_CASE("hidden vectors are told in place of an answer") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f32");
    Engine engine(model, bytes(), on_cpu(model), {.threads = 1});
    Listener listener;
    Request request = hidden_request({1, 2}, Want::all);
    request.limit = 5;
    const auto submit = [&] { engine.submit(request, listener.sink()); };
    test::check_contains(test::refusal_of(submit, Code::bad_argument), "max_tokens is 5, expected 0");
    request.limit = 0;
    request.scores_prompt = true;
    test::check_contains(test::refusal_of(submit, Code::bad_argument), "of scores");
}

}  // namespace
}  // namespace rwkvk::engine
