// Devices that are lost, and logits that are no numbers: every request ends as it does alone, or is told why
// not.
#include <doctest/doctest.h>

#include <limits>

#include "tests/engine/some_requests.h"
#include "tests/support/forwarding_backend.h"
#include "tests/support/log_lines.h"

namespace rwkvk::engine {
namespace {

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

TEST_CASE("hidden vectors are told once each, at whatever call the device is lost") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f16");
    Request request{.prompt = {}, .limit = 0, .hidden = Want::all};
    for (Token token = 0; token < 75; ++token) request.prompt.push_back(token);
    const auto vectors = [&](FaultyBackend::Plan plan) {
        Engine engine(model, bytes(), faulty(model, plan), {.threads = 1});
        Listener listener;
        const uint64_t id = engine.submit(request, listener.sink());
        step_to_the_end(engine);
        CHECK(listener[id].done->end == End::length);
        std::vector<std::vector<float>> all;
        for (const Hidden& hidden : listener[id].hidden) {
            CHECK(hidden.position == all.size());
            all.push_back(hidden.vector);
        }
        return std::pair(all, plan.calls);
    };
    const auto [expected, calls] = vectors({});
    REQUIRE(expected.size() == request.prompt.size());
    const test::LogLines lines;
    for (uint64_t k = 0; k < calls; ++k) CHECK(vectors({.lose_at = {k}}).first == expected);
    CHECK(!lines.warnings().empty());
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

}  // namespace
}  // namespace rwkvk::engine
