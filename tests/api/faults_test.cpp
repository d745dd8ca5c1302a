// Whichever call of Vulkan or of the allocator fails: a status comes back, nothing crashes, hangs or leaks,
// and what is made afterwards gives the bits that it always gives. RWKVK_FAULTS=0 walks every call.
#include <doctest/doctest.h>

#include <rwkvk_device.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <rwkvk_engine.hpp>
#include <rwkvk_generate.hpp>
#include <set>
#include <span>
#include <utility>

#include "tests/support/border_handles.h"
#include "tests/support/failing_allocations.h"
#include "tests/support/faulty_vulkan.h"
#include "tests/support/program_device.h"
#include "tests/support/temporary_folder.h"

namespace {

using rwkvk::Token;
using rwkvk::test::FailingAllocations, rwkvk::test::FaultyVulkan;

/// What was drawn. Of a fixed size: where events are told nothing may fail.
struct Drawn {
    std::array<Token, 8> tokens{};
    size_t count = 0;

    void add(Token token) { tokens[count++ % tokens.size()] = token; }
    std::span<const Token> all() const { return {tokens.data(), count}; }
};
struct Outcome {
    Drawn answer, fork, plain;
};

/// A fork goes on from where the answer is by then, and says the same.
void check_same(const Outcome& outcome, const Outcome& expected) {
    CHECK(std::ranges::equal(outcome.answer.all(), expected.answer.all()));
    CHECK(std::ranges::equal(outcome.plain.all(), expected.plain.all()));
    REQUIRE(outcome.fork.count <= expected.answer.count);
    CHECK(std::ranges::equal(outcome.fork.all(), expected.answer.all().last(outcome.fork.count)));
}

/// Load, prompt, answers, fork, save, of one engine and one context.
class Session {
  public:
    Session(rwkvk_runtime* runtime, const rwkvk_context_params& params, const std::string& state_file)
        : runtime_(runtime), params_(params), file_(state_file) {}

    /// The status of the first call that failed.
    rwkvk_status run() {
        outcome_ = {};
        failed_ = RWKVK_OK;
        if (load() && answer()) plain();
        rwkvk_sampler_destroy(std::exchange(sampler_, nullptr));
        rwkvk_engine_destroy(std::exchange(engine_, nullptr));
        rwkvk_context_destroy(std::exchange(context_, nullptr));
        rwkvk_tokenizer_destroy(std::exchange(tokenizer_, nullptr));
        rwkvk_model_destroy(std::exchange(model_, nullptr));
        return failed_;
    }
    /// Of a run without a failure.
    const Outcome& outcome() const { return outcome_; }

  private:
    bool ok(rwkvk_status status) {
        if (status != RWKVK_OK && failed_ == RWKVK_OK) failed_ = status;
        return status == RWKVK_OK;
    }
    bool load() {
        rwkvk_engine_params engine;
        rwkvk_engine_params_default(&engine, sizeof engine);
        engine.context = &params_;
        return ok(rwkvk_model_load(runtime_, rwkvk::test::model_file.c_str(), nullptr, &model_)) &&
               ok(rwkvk_tokenizer_open(runtime_, nullptr, &tokenizer_)) &&
               ok(rwkvk_engine_create(model_, tokenizer_, &engine, &engine_));
    }
    template <Drawn Outcome::*drawn>
    static void take(void* self, const rwkvk_engine_event* event) {
        auto& session = *static_cast<Session*>(self);
        if (event->kind == RWKVK_EVENT_PIECE) (session.outcome_.*drawn).add(event->token);
        if (event->kind != RWKVK_EVENT_DONE) return;
        ++session.done_;
        if (event->end != RWKVK_DONE_FAILED) return;
        // Where the answer has failed by then, there is nothing to fork.
        session.ok(event->status == RWKVK_BAD_ARGUMENT ? RWKVK_OUT_OF_MEMORY : event->status);
    }
    bool answer() {
        const Token prompt[] = {5, 6, 7, 8, 9};
        rwkvk_engine_request request;
        rwkvk_engine_request_default(&request, sizeof request);
        request.tokens = prompt;
        request.token_count = 5;
        request.max_tokens = 4;
        request.event = take<&Outcome::answer>;
        request.user = this;
        uint64_t id = 0;
        done_ = 0;
        if (!ok(rwkvk_engine_submit(engine_, &request, &id))) return false;
        ok(rwkvk_engine_step(engine_, 0, nullptr));
        const bool forked = ok(rwkvk_engine_fork(engine_, id, 0, take<&Outcome::fork>, this, nullptr));
        int steps = 0;
        for (int32_t more = 1; more != 0 && steps < 1000; ++steps) {
            const uint32_t budget_us = steps % 4 == 0 ? 0 : 1;  // a token, or a piece of one
            ok(rwkvk_engine_step(engine_, budget_us, &more));
        }
        CHECK(steps < 1000);
        CHECK(done_ == 1 + forked);  // each is intact, or said to have failed
        return failed_ == RWKVK_OK;
    }
    void plain() {
        const Token prompt[] = {1, 2, 3};
        float* const logits = logits_.data();
        uint64_t position = 0;
        const auto keep = [](void* self, rwkvk_token token) -> int32_t {
            static_cast<Session*>(self)->outcome_.plain.add(token);
            return 1;
        };
        ok(rwkvk_context_create(model_, &params_, &context_)) &&
            ok(rwkvk_eval(context_, 0, prompt, 3, logits)) &&
            ok(rwkvk_sampler_create(runtime_, nullptr, &sampler_)) &&
            ok(rwkvk_generate(context_, 0, logits, sampler_, nullptr, 0, 4, keep, this)) &&
            ok(rwkvk_state_copy(context_, 0, 1)) && ok(rwkvk_state_save(context_, 1, file_.c_str(), 7)) &&
            ok(rwkvk_state_load(context_, 0, file_.c_str(), &position)) &&
            ok(rwkvk_eval(context_, 0, prompt, 3, logits));
    }

    rwkvk_runtime* runtime_;
    rwkvk_context_params params_;
    std::string file_;
    std::vector<float> logits_ = std::vector<float>(4096);
    rwkvk_model* model_ = nullptr;
    rwkvk_tokenizer* tokenizer_ = nullptr;
    rwkvk_engine* engine_ = nullptr;
    rwkvk_context* context_ = nullptr;
    rwkvk_sampler* sampler_ = nullptr;
    Outcome outcome_;
    int done_ = 0;
    rwkvk_status failed_ = RWKVK_OK;
};

/// The first of `count` calls, the last and some between; with RWKVK_FAULTS=N all from number N on.
std::set<uint64_t> some_of(uint64_t count, uint64_t most) {
    std::set<uint64_t> calls;
    const char* const from = std::getenv("RWKVK_FAULTS");
    for (uint64_t call = from ? std::strtoull(from, nullptr, 10) : count; call < count; ++call)
        calls.insert(call);
    const uint64_t picked = from ? 0 : std::min(count, most);
    for (uint64_t i = 0; i < picked; ++i) calls.insert(picked > 1 ? i * (count - 1) / (picked - 1) : 0);
    return calls;
}

TEST_CASE("any call of Vulkan may fail") {
    const rwkvk::test::TemporaryFolder folder;
    const rwkvk::Runtime runtime({}, (folder / "cache").c_str());
    const auto device = rwkvk::test::ProgramDevice::make(runtime.handle(), VK_API_VERSION_1_2, true);
    if (!device) return;
    rwkvk_vulkan vulkan = device->vulkan();
    vulkan.get_instance_proc_addr = reinterpret_cast<void (*)()>(
        FaultyVulkan::over(reinterpret_cast<PFN_vkGetInstanceProcAddr>(vulkan.get_instance_proc_addr)));
    rwkvk_device* adopted = nullptr;
    runtime.check(rwkvk_device_adopt(runtime.handle(), &vulkan, &adopted));
    rwkvk_context_params params = rwkvk::context_params();
    params.own_device = adopted;
    params.slots = 2;
    Session session(runtime.handle(), params, folder / "state.safetensors");
    session.run();  // tests the device, which is remembered
    FaultyVulkan::fail_nothing();
    REQUIRE(session.run() == RWKVK_OK);
    const Outcome expected = session.outcome();
    CHECK(expected.answer.count == 4);
    CHECK(expected.fork.count == 3);
    CHECK(expected.plain.count == 4);
    const std::vector<FaultyVulkan::Calls> all = FaultyVulkan::calls();
    size_t failures = 0;
    for (const auto& [function, calls] : all) {
        for (const VkResult result : {VK_ERROR_DEVICE_LOST, VK_ERROR_OUT_OF_DEVICE_MEMORY}) {
            for (const uint64_t call : some_of(calls, 2)) {
                INFO(function, " ", call, " of ", calls, ": ", rwkvk::vk::name_of(result));
                FaultyVulkan::fail(function, call, result);
                const rwkvk_status status = session.run();
                // Steps with a time make more calls or fewer: the last ones may not come.
                if (call <= calls / 2) CHECK(FaultyVulkan::has_failed());
                CHECK(status != RWKVK_INTERNAL);
                // What was made anew, or did without, gives what it always gives.
                if (status == RWKVK_OK) check_same(session.outcome(), expected);
                failures += status != RWKVK_OK;
                CHECK(device->live_allocations() == 0);
            }
        }
    }
    CHECK(failures > 20);
    FaultyVulkan::fail_nothing();
    CHECK(session.run() == RWKVK_OK);
    check_same(session.outcome(), expected);
    rwkvk_device_destroy(adopted);
    for (const std::string& message : device->messages()) {
        // The wait that stands for a loss comes from any thread, as no program's would.
        if (message.find("Threading") == message.npos) FAIL_CHECK(message);
    }
}

TEST_CASE("any allocation on the host may fail") {
    const rwkvk::Runtime runtime({}, "");
    const rwkvk::test::TemporaryFolder folder;
    rwkvk_context_params params = rwkvk::test::on_cpu();
    Session session(runtime.handle(), params, folder / "state.safetensors");
    REQUIRE(session.run() == RWKVK_OK);
    const Outcome expected = session.outcome();
    FailingAllocations::count();
    CHECK(session.run() == RWKVK_OK);
    const uint64_t allocations = FailingAllocations::stop();
    REQUIRE(allocations > 1000);
    size_t failures = 0;
    for (const uint64_t call : some_of(allocations, 600)) {
        INFO("allocation ", call, " of ", allocations);
        FailingAllocations::fail(call);
        const rwkvk_status status = session.run();
        FailingAllocations::stop();
        if (status == RWKVK_OK) check_same(session.outcome(), expected);
        failures += status != RWKVK_OK;
        CHECK_MESSAGE((status == RWKVK_OK || status == RWKVK_OUT_OF_MEMORY),
                      std::string(rwkvk_status_name(status)), ": ",
                      std::string(rwkvk_last_error(runtime.handle())));
    }
    CHECK(failures > 100);
    CHECK(session.run() == RWKVK_OK);
    check_same(session.outcome(), expected);
}

}  // namespace
