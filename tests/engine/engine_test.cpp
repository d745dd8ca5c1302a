// A request served among others gives what it gives alone, by plain feeding and drawing, whatever happens
// meanwhile.
#include "runtime/engine/engine.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <thread>

#include "runtime/check/op_case.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/forwarding_backend.h"
#include "tests/support/log_lines.h"
#include "tests/support/refusal.h"
#include "tests/support/test_device.h"

namespace rwkvk::engine {
namespace {

using ModelPointer = std::shared_ptr<const Model>;
using test::refusal_of;

const BackendOptions backend_options{.max_rows = 32, .slots = 6};

std::unique_ptr<Backend> cpu_backend(const ModelPointer& model) {
    return cpu::make_backend(model->programs(), model->weights(), backend_options, {.threads = 1});
}

ContextMaker on_cpu(const ModelPointer& model) {
    return [model] { return std::make_shared<Context>(model, cpu_backend(model)); };
}

std::shared_ptr<const text::Tokenizer> bytes() { return text::make_byte_tokenizer(); }

/// What became of a request.
struct Told {
    std::vector<Token> tokens;
    std::string text;
    std::optional<Started> started;
    std::optional<Done> done;
    size_t progress = 0;
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

text::SamplerParams some_sampling(check::Random& random) {
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
std::vector<Request> some_requests(size_t count, uint64_t seed) {
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
Told plainly(Context& context, const Request& request) {
    context.reset(0);
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

void check_same(const Told& told, const Told& expected) {
    REQUIRE(told.done);
    CHECK(told.tokens == expected.tokens);
    CHECK(told.text == expected.text);
    CHECK(told.done->end == expected.done->end);
    CHECK(told.done->tokens == expected.tokens.size());
}

std::vector<Told> all_plainly(const ModelPointer& model, std::span<const Request> requests) {
    Context context(model, cpu_backend(model));
    std::vector<Told> expected;
    for (const Request& request : requests) expected.push_back(plainly(context, request));
    return expected;
}

constexpr double a_piece = 1e-9;  // seconds in which nothing more than that is done

void step_to_the_end(Engine& engine, std::optional<double> seconds = std::nullopt) {
    for (size_t steps = 0; engine.step(seconds); ++steps) REQUIRE(steps < 100000);
}

/// All of them in an arrival of some kind, each compared with what it gives alone.
void check_among_others(Engine& engine, std::span<const Request> requests, std::span<const Told> expected,
                        uint64_t seed, std::optional<double> seconds = std::nullopt) {
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
    test::check_contains(refused({.prompt = {1}, .limit = 0}, Code::bad_argument), "limit");
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

/// Fails at some of its calls.
class FaultyBackend final : public test::ForwardingBackend {
  public:
    struct Plan {
        std::vector<uint64_t> lose_at = {};  // calls, counted over all backends of the plan
        uint64_t calls = 0;
        std::optional<Token> poison = {};  // whose logits are no numbers, whenever it is fed
    };
    FaultyBackend(std::unique_ptr<Backend> real, Plan& plan)
        : ForwardingBackend(std::move(real)), plan_(plan) {}

    void run(Part part, const RunTables& tables) override {
        count();
        poison(part, tables);
        ForwardingBackend::run(part, tables);
    }
    void start(Part part, const RunTables& tables) override {
        poison(part, tables);
        ForwardingBackend::start(part, tables);
    }
    bool go_on(double seconds, bool at_least_one) override {
        count();
        return ForwardingBackend::go_on(seconds, at_least_one);
    }
    void read_carried(const std::string& name, std::span<float> values) override {
        count();
        ForwardingBackend::read_carried(name, values);
        if (poisoned_ && name == "logits") values[0] = std::numeric_limits<float>::quiet_NaN();
    }
    void read_state(uint32_t state, uint32_t entry, std::span<float> values) override {
        count();
        ForwardingBackend::read_state(state, entry, values);
    }
    void write_state(uint32_t state, uint32_t entry, std::span<const float> values) override {
        count();
        ForwardingBackend::write_state(state, entry, values);
    }

  private:
    void poison(Part part, const RunTables& tables) {
        if (part != Part::body) return;
        const auto& ids = tables.tables.front().second;
        poisoned_ = plan_.poison && std::ranges::count(ids, *plan_.poison) > 0;
    }
    void count() {
        if (lost_ || std::ranges::count(plan_.lose_at, plan_.calls++) > 0) {
            lost_ = true;
            throw Error(Code::device_lost, "the device is lost");
        }
    }
    Plan& plan_;
    bool lost_ = false, poisoned_ = false;
};

ContextMaker faulty(const ModelPointer& model, FaultyBackend::Plan& plan) {
    return [&, model] {
        return std::make_shared<Context>(model, std::make_unique<FaultyBackend>(cpu_backend(model), plan));
    };
}

TEST_CASE("a device that is lost at any call is made anew, and every request goes on with the same tokens") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    const std::vector<Request> requests = some_requests(8, 21);
    const std::vector<Told> expected = all_plainly(model, requests);
    FaultyBackend::Plan whole{};
    {
        Engine engine(model, bytes(), faulty(model, whole), {.threads = 1});
        check_among_others(engine, requests, expected, 1);
    }
    REQUIRE(whole.calls > 100);
    const test::LogLines lines;
    for (const std::optional<double> seconds : {std::optional<double>(), std::optional(a_piece)}) {
        for (uint64_t k = 0; k < whole.calls; ++k) {
            FaultyBackend::Plan plan{.lose_at = {k, k + 40}};
            INFO("call ", k);
            Engine engine(model, bytes(), faulty(model, plan), {.threads = 1});
            check_among_others(engine, requests, expected, 1, seconds);
            CHECK(engine.statistics().rebuilds >= 1);
        }
    }
    CHECK(std::ranges::count(lines.warnings(), "the device is lost; what was running is read again") > 0);
}

TEST_CASE("a device that is lost again and again fails what is there, and the next request tries anew") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    FaultyBackend::Plan plan;
    for (uint64_t call = 0; call < 100; ++call) plan.lose_at.push_back(call);
    Listener listener;
    Engine engine(model, bytes(), faulty(model, plan), {.threads = 1});
    const std::vector<Request> requests = some_requests(10, 2);
    for (const Request& request : requests) engine.submit(request, listener.sink());
    step_to_the_end(engine);
    for (uint64_t id = 1; id <= 10; ++id) {
        REQUIRE(listener[id].done);
        CHECK(listener[id].done->end == End::failed);
        CHECK(listener[id].done->code == Code::device_lost);
        CHECK(listener[id].done->message == "the device is lost");
    }
    plan.lose_at.clear();
    check_among_others(engine, requests, all_plainly(model, requests), 1);
}

TEST_CASE("of requests that are fed together only the one whose logits are no numbers fails") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    std::vector<Request> requests = some_requests(12, 8);
    constexpr Token bad = 250;
    for (Request& request : requests) {
        std::ranges::replace(request.prompt, bad, Token{1});
        request.sampler.ban(bad);
    }
    const std::vector<Told> expected = all_plainly(model, requests);
    for (const size_t guilty : {size_t{0}, size_t{4}, size_t{11}}) {
        std::vector<Request> all = requests;
        all[guilty].prompt.back() = bad;
        FaultyBackend::Plan plan{.poison = bad};
        Listener listener;
        Engine engine(model, bytes(), faulty(model, plan), {.threads = 1});
        for (const Request& request : all) engine.submit(request, listener.sink());
        step_to_the_end(engine, guilty == 4 ? std::optional(a_piece) : std::nullopt);
        for (size_t i = 0; i < all.size(); ++i) {
            INFO(guilty, " ", i);
            const Told& told = listener[i + 1];
            REQUIRE(told.done);
            if (i == guilty) {
                CHECK(told.done->end == End::failed);
                CHECK(told.done->code == Code::not_finite);
            } else {
                check_same(told, expected[i]);
            }
        }
    }
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
    Listener listener;
    Engine engine(model, bytes(), on_cpu(model), {.cache_bytes = cache_bytes, .threads = 1});
    check::Random random(4);
    uint64_t last = 0;
    for (int i = 0; i < 10000; ++i) {
        Request request{.prompt = {random.below(256), random.below(4)}, .limit = 1 + random.below(2)};
        last = engine.submit(std::move(request), listener.sink());
        if (i % 7 == 0) engine.cancel(last);
        while (engine.statistics().waiting > 10) engine.step();
        engine.step();
    }
    step_to_the_end(engine);
    CHECK(listener.size() == 10000);
    const EngineStatistics counts = engine.statistics();
    CHECK(counts.finished == 10000);
    CHECK(counts.failed == 0);
    CHECK(counts.running == 0);
    CHECK(counts.kept_bytes <= cache_bytes);
    // Every slot is free again: as many requests as there are slots run at once.
    for (uint32_t i = 0; i < backend_options.slots; ++i)
        engine.submit({.prompt = {1}, .limit = 50}, listener.sink());
    engine.step();
    CHECK(engine.statistics().running == backend_options.slots);
}

}  // namespace
}  // namespace rwkvk::engine
