// The C border from several threads: each has its own last error; a feed is interrupted from another one.
#include <doctest/doctest.h>

#include <rwkvk_tools.h>
#include <atomic>
#include <barrier>
#include <rwkvk.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/border_handles.h"

namespace {

using rwkvk::Token;

using rwkvk::test::model_file;

TEST_CASE("every thread has the last error of its own") {
    const rwkvk::Runtime runtime, other;
    constexpr int rounds = 200;
    std::barrier together(3);
    std::atomic<int> wrong = 0;
    const auto fail_with = [&](const std::string& name) {
        for (int i = 0; i < rounds; ++i) {
            const std::string path = name + std::to_string(i);
            rwkvk_model* model = nullptr;
            together.arrive_and_wait();
            wrong += rwkvk_model_load(runtime.handle(), path.c_str(), nullptr, &model) != RWKVK_IO;
            together.arrive_and_wait();  // all have failed
            wrong += std::string(rwkvk_last_error(runtime.handle())).find(path + ":") != 0;
            wrong += *rwkvk_last_error(other.handle()) != 0;
        }
    };
    std::thread first(fail_with, "missing-a-"), second(fail_with, "missing-b-");
    for (int i = 0; i < 2 * rounds; ++i) {
        together.arrive_and_wait();
        wrong += *rwkvk_last_error(runtime.handle()) != 0;  // this thread's calls did not fail
    }
    first.join();
    second.join();
    CHECK(wrong == 0);
}

TEST_CASE("a thread begins without an error, whichever threads there were before") {
    const rwkvk::Runtime runtime;
    for (int i = 0; i < 20; ++i) {  // ids are given again when a thread has ended
        std::string before = "unknown";
        std::thread([&] {
            before = rwkvk_last_error(runtime.handle());
            CHECK(rwkvk_model_load(runtime.handle(), "missing", nullptr, nullptr) == RWKVK_BAD_ARGUMENT);
        }).join();
        CHECK(before.empty());
    }
}

TEST_CASE("an error stays until the thread's next one, and after the calls that succeed") {
    const rwkvk::Runtime runtime;
    rwkvk_tokenizer* tokenizer = nullptr;
    CHECK(rwkvk_tokenizer_open(runtime.handle(), "missing", &tokenizer) == RWKVK_IO);
    const char* reason = rwkvk_last_error(runtime.handle());
    CHECK(std::string(reason).find("missing") == 0);
    rwkvk::Runtime().tokenizer();
    CHECK(runtime.tokenizer().encode("a") == std::vector<Token>{97});
    CHECK(rwkvk_last_error(runtime.handle()) == reason);
}

struct Rows {
    std::atomic<size_t> count = 0;
    static void take(void* user, size_t, size_t, const float*, size_t) { ++static_cast<Rows*>(user)->count; }
};

/// Interrupts a feed that would take minutes; what is fed after a reset gives the same bits as ever.
void check_interrupt(const char* device) {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(model_file);
    rwkvk_context_params params = rwkvk::context_params();
    params.device = device;
    params.slots = 2;
    params.max_rows = 64;
    rwkvk::Context context(model, params);
    const std::vector<Token> prompt = {5, 200, 0, 263, 77};
    const std::vector<float> logits = context.eval(0, prompt), state = context.state(0);
    std::vector<Token> endless(20'000'000);
    for (size_t i = 0; i < endless.size(); ++i) endless[i] = static_cast<Token>(i * 31 % 264);
    const rwkvk_feed_item item{.slot = 0,
                               .want = RWKVK_WANT_ALL,
                               .tokens = endless.data(),
                               .count = endless.size(),
                               .vectors = nullptr};
    for (const size_t rows_before : {1, 500}) {
        Rows rows;
        std::atomic<bool> returned = false;
        std::thread interrupter([&] {
            while (rows.count < rows_before && !returned) std::this_thread::yield();
            context.interrupt();
        });
        CHECK(rwkvk_feed(context.handle(), &item, 1, 0, Rows::take, &rows) == RWKVK_CANCELLED);
        returned = true;
        interrupter.join();
        CHECK(rows.count >= rows_before);
        CHECK(rows.count < endless.size());
        CHECK(*rwkvk_last_error(runtime.handle()) != 0);
        context.reset(0);
        CHECK(context.eval(0, prompt) == logits);
        CHECK(context.state(0) == state);
        CHECK(context.eval(1, prompt) == logits);
        context.reset(1);
    }
    context.interrupt();  // nothing runs: nothing stops
    context.reset(0);
    CHECK(context.eval(0, prompt) == logits);
}

TEST_CASE("a long feed is interrupted from another thread on the CPU") { check_interrupt("cpu"); }

TEST_CASE("a long feed is interrupted from another thread on a device") {
    if (rwkvk::Runtime().devices().empty()) {
        MESSAGE("no Vulkan device: skipped");
        return;
    }
    check_interrupt("0");
}

TEST_CASE("a feed tells how many of its tokens have been run, and whoever is told may interrupt it") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(model_file);
    rwkvk_context_params params = rwkvk::test::on_cpu();
    params.max_rows = 4;
    rwkvk::Context context(model, params);
    std::vector<std::pair<size_t, size_t>> told;
    context.on_progress([&](size_t done, size_t total) { told.emplace_back(done, total); });
    const std::vector<Token> prompt = {5, 200, 0, 263, 77, 1, 2, 3, 4};
    const std::vector<float> logits = context.eval(0, prompt);
    CHECK(told == std::vector<std::pair<size_t, size_t>>{{0, 9}, {4, 9}, {8, 9}, {9, 9}});
    context.on_progress([&](size_t done, size_t) {
        if (done == 4) context.interrupt();
    });
    rwkvk_context* const handle = context.handle();
    CHECK(rwkvk_eval(handle, 0, prompt.data(), prompt.size(), nullptr) == RWKVK_CANCELLED);
    context.on_progress({});
    context.reset(0);
    told.clear();
    CHECK(context.eval(0, prompt) == logits);
    CHECK(told.empty());
}

TEST_CASE("a chat ends although whoever is told of its progress interrupts every time") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(model_file);
    rwkvk::Context context(model, rwkvk::test::on_cpu());
    const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    rwkvk::Chat chat(context, tokenizer);
    context.on_progress([&](size_t, size_t) { context.interrupt(); });
    const rwkvk::TextSink all = [](int32_t, std::string_view) { return true; };
    try {
        CHECK(chat.say("Hi", all).end == RWKVK_END_INTERRUPTED);
    } catch (const rwkvk::Error& error) {
        CHECK(error.status() == RWKVK_CANCELLED);
    }
    context.on_progress({});
    CHECK(chat.say("Hi", all).prompt_tokens > 0);
}

TEST_CASE("a device without the memory for so many sessions says so, and goes on with fewer") {
    const rwkvk::Runtime runtime;
    if (runtime.devices().empty()) {
        MESSAGE("no Vulkan device: skipped");
        return;
    }
    rwkvk_model* handle = nullptr;
    runtime.check(rwkvk_tools_synthetic(runtime.handle(), "v7:1x256x256:f16", 1, &handle));
    const rwkvk::Model model(runtime.shared(), handle);
    rwkvk_context_params params = rwkvk::context_params();
    params.device = "0";
    params.slots = 65536;  // whose wkv states take 4 GiB, more than Vulkan can bind
    rwkvk_context* context = nullptr;
    CHECK(rwkvk_context_create(model.handle(), &params, &context) == RWKVK_OUT_OF_MEMORY);
    CHECK(context == nullptr);
    const std::string reason = rwkvk_last_error(runtime.handle());
    CHECK_MESSAGE(reason.find("65536 sessions need ") == 0, reason);
    CHECK(reason.find("use fewer sessions") != reason.npos);
    params.slots = 2;
    const std::vector<float> logits = rwkvk::Context(model, params).eval(1, {1, 2, 3});
    params.device = "cpu";
    CHECK(rwkvk::Context(model, params).eval(1, {1, 2, 3}) == logits);
}

}  // namespace
