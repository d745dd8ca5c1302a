// fork() after a context was made: the child is told, never left hanging, and may make contexts of its own.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <rwkvk.hpp>
#include <string>
#include <vector>

namespace {

const std::string model_file = RWKVK_TEST_DATA "/v7.0/model-fp32.pth";
const std::vector<rwkvk::Token> prompt = {5, 200, 0, 263, 77};

/// What the child has to object to; "" if nothing. A child that hangs is killed.
std::string objection_of_child(const std::function<std::string()>& body) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(60);
        const std::string objection = body();
        const bool written = ::write(ends[1], objection.data(), objection.size()) >= 0;
        ::_exit(written ? 0 : 1);
    }
    ::close(ends[1]);
    std::string objection;
    char buffer[4096];
    for (ssize_t bytes; (bytes = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        objection.append(buffer, static_cast<size_t>(bytes));
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) return objection + "ended by signal " + std::to_string(WTERMSIG(status));
    return objection;
}

struct Handles {
    rwkvk_runtime* runtime = nullptr;
    rwkvk_model* model = nullptr;
    rwkvk_tokenizer* tokenizer = nullptr;
    rwkvk_context* context = nullptr;
    rwkvk_chat* chat = nullptr;

    explicit Handles(const char* device) {
        REQUIRE(rwkvk_runtime_create(nullptr, &runtime) == RWKVK_OK);
        REQUIRE(rwkvk_model_load(runtime, model_file.c_str(), nullptr, &model) == RWKVK_OK);
        REQUIRE(rwkvk_tokenizer_open(runtime, nullptr, &tokenizer) == RWKVK_OK);
        rwkvk_context_params params = rwkvk::context_params();
        params.device = device;
        params.slots = 2;
        params.threads = 2;
        REQUIRE(rwkvk_context_create(model, &params, &context) == RWKVK_OK);
        REQUIRE(rwkvk_chat_create(context, tokenizer, nullptr, &chat) == RWKVK_OK);
    }
    void destroy() {
        rwkvk_context_destroy(context);
        rwkvk_chat_destroy(chat);
        rwkvk_tokenizer_destroy(tokenizer);
        rwkvk_model_destroy(model);
        rwkvk_runtime_destroy(runtime);
    }
    std::vector<float> logits(rwkvk_context* on) const {
        std::vector<float> row(264);
        rwkvk_state_reset(on, 1);
        if (rwkvk_eval(on, 1, prompt.data(), prompt.size(), row.data()) != RWKVK_OK) row.clear();
        return row;
    }
};

/// Every kind of call on what the parent made.
std::string refuses_all(const Handles& handles) {
    std::vector<float> row(264), state(1);
    rwkvk_chat_reply reply{};
    reply.size = sizeof reply;
    const std::pair<const char*, rwkvk_status> calls[] = {
        {"eval", rwkvk_eval(handles.context, 0, prompt.data(), prompt.size(), row.data())},
        {"reset", rwkvk_state_reset(handles.context, 0)},
        {"copy", rwkvk_state_copy(handles.context, 0, 1)},
        {"get", rwkvk_state_get(handles.context, 0, state.data(), state.size())},
        {"say", rwkvk_chat_say(handles.chat, "Hi", nullptr, nullptr, &reply)}};
    for (const auto& [name, status] : calls) {
        const std::string reason = rwkvk_last_error(handles.runtime);
        if (status != RWKVK_BAD_ARGUMENT || reason.find("forked") == reason.npos)
            return std::string(name) + ": " + rwkvk_status_name(status) + ", " + reason + "; ";
    }
    return "";
}

/// A context of the child's own, on the CPU, where the choice is left to the library.
std::string computes_anew(const Handles& handles, const char* device, const std::vector<float>& expected) {
    rwkvk_context_params params = rwkvk::context_params();
    params.device = device;
    params.slots = 2;
    params.threads = 2;
    rwkvk_context* own = nullptr;
    if (rwkvk_context_create(handles.model, &params, &own) != RWKVK_OK)
        return std::string("no new context: ") + rwkvk_last_error(handles.runtime);
    const bool equal = handles.logits(own) == expected;
    rwkvk_context_destroy(own);
    return equal ? "" : "other logits; ";
}

void check_fork(const char* device, const char* device_in_child) {
    Handles handles(device);
    const std::vector<float> expected = handles.logits(handles.context);
    REQUIRE(expected.size() == 264);
    CHECK(objection_of_child([&] {
              std::string objection =
                  refuses_all(handles) + computes_anew(handles, device_in_child, expected);
              handles.destroy();
              return objection;
          }) == "");
    CHECK(handles.logits(handles.context) == expected);  // the parent goes on
    handles.destroy();
}

TEST_CASE("after fork() a context on the CPU refuses, and a new one computes") { check_fork("cpu", "cpu"); }

TEST_CASE("after fork() a context on a device refuses, and the CPU takes over") {
    if (rwkvk::Runtime().devices().empty()) {
        MESSAGE("no Vulkan device: skipped");
        return;
    }
    check_fork("0", "");
}

TEST_CASE("after fork() a new runtime lists no devices either: drivers are the process's") {
    if (rwkvk::Runtime().devices().empty()) {
        MESSAGE("no Vulkan device: skipped");
        return;
    }
    CHECK(objection_of_child([]() -> std::string {
              const size_t count = rwkvk::Runtime().devices().size();
              return count == 0 ? "" : "devices: " + std::to_string(count);
          }) == "");
}

TEST_CASE("after fork() a runtime that looked at devices lists none") {
    rwkvk::Runtime runtime;
    if (runtime.devices().empty()) {
        MESSAGE("no Vulkan device: skipped");
        return;
    }
    CHECK(objection_of_child([&]() -> std::string {
              uint32_t count = 1;
              const rwkvk_status status = rwkvk_runtime_device_count(runtime.handle(), &count);
              return status == RWKVK_OK && count == 0 ? "" : "devices: " + std::to_string(count);
          }) == "");
    CHECK_FALSE(runtime.devices().empty());
}

}  // namespace
