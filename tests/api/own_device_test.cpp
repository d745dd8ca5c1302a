// Models on a device that the program made itself, whose queue another thread uses meanwhile: the bits are
// those of a device of the library's, with all features and with none, and the validation layer has nothing
// to say.
#include <doctest/doctest.h>

#include <rwkvk_device.h>
#include <atomic>
#include <chrono>
#include <mutex>
#include <rwkvk_engine.hpp>
#include <rwkvk_generate.hpp>
#include <thread>

#include "tests/support/border_handles.h"
#include "tests/support/program_device.h"

namespace {

using rwkvk::Token;
using rwkvk::test::ProgramDevice;

struct Adopted {
    rwkvk_device* handle = nullptr;
    Adopted(const rwkvk::Runtime& runtime, const rwkvk_vulkan& vulkan) {
        runtime.check(rwkvk_device_adopt(runtime.handle(), &vulkan, &handle));
    }
    ~Adopted() { rwkvk_device_destroy(handle); }
    Adopted(const Adopted&) = delete;
    Adopted& operator=(const Adopted&) = delete;
};

struct Outcome {
    std::vector<Token> tokens;
    std::vector<float> state;
    bool operator==(const Outcome&) const = default;
};

Outcome outcome_on(const rwkvk::Runtime& runtime, const rwkvk::Model& model,
                   const rwkvk_context_params& params) {
    rwkvk::Context context(model, params);
    std::vector<Token> prompt;
    for (Token i = 0; i < 40; ++i) prompt.push_back(i * 5 % 200);
    rwkvk::Sampler sampler(runtime);
    Outcome outcome;
    rwkvk::generate(context, 0, context.eval(0, prompt), sampler, {}, 24, [&](Token token) {
        outcome.tokens.push_back(token);
        return true;
    });
    outcome.state = context.state(0);
    return outcome;
}

TEST_CASE("on a program's device, beside its own work on the same queue, the bits are the same") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const Outcome expected = outcome_on(runtime, model, rwkvk::test::on_cpu());
    for (const uint32_t version : {VK_API_VERSION_1_1, VK_API_VERSION_1_3}) {
        for (const bool wishes : {false, true}) {
            INFO(version, " ", wishes);
            const auto device = ProgramDevice::make(runtime.handle(), version, wishes);
            if (!device) return;
            {
                const Adopted adopted(runtime, device->vulkan());
                rwkvk_context_params params = rwkvk::context_params();
                params.own_device = adopted.handle;
                rwkvk_device_info info{};
                info.size = sizeof info;
                runtime.check(rwkvk_device_describe(adopted.handle, &info));
                CHECK(info.index == UINT32_MAX);
                const std::string facts = info.facts;
                CHECK((facts.find("timeline") != facts.npos) == wishes);
                const ProgramDevice::Work work(*device);
                CHECK(outcome_on(runtime, model, params) == expected);
                CHECK(device->times_locked() > 10);
            }
            CHECK(device->live_allocations() == 0);
            CHECK(device->submissions() > 0);
            for (const std::string& message : device->messages()) FAIL_CHECK(message);
        }
    }
}

TEST_CASE("an engine serves on a program's device, and the handle may go before it") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    const auto device = ProgramDevice::make(runtime.handle(), VK_API_VERSION_1_2, true);
    if (!device) return;
    std::vector<Token> tokens;
    {
        auto adopted = std::make_unique<Adopted>(runtime, device->vulkan());
        rwkvk_context_params context = rwkvk::context_params();
        context.own_device = adopted->handle;
        rwkvk_engine_params params = rwkvk::engine_params();
        params.context = &context;
        rwkvk::Engine engine(model, tokenizer, params);
        CHECK(engine.info().device_bytes > model.info().weight_bytes);
        adopted.reset();
        const Token prompt[] = {1, 2, 3};
        rwkvk_engine_request request = rwkvk::engine_request();
        request.tokens = prompt;
        request.token_count = 3;
        request.max_tokens = 9;
        const ProgramDevice::Work work(*device);
        engine.submit(request, [&](const rwkvk_engine_event& event) {
            if (event.kind == RWKVK_EVENT_PIECE) tokens.push_back(event.token);
        });
        while (engine.step()) {
        }
    }
    CHECK(tokens.size() == 9);
    CHECK(device->live_allocations() == 0);
    for (const std::string& message : device->messages()) FAIL_CHECK(message);
}

/// A timeline semaphore of the program's.
class Semaphore {
  public:
    explicit Semaphore(const rwkvk_vulkan& vulkan) : device_(static_cast<VkDevice>(vulkan.device)) {
        const auto of_instance = reinterpret_cast<PFN_vkGetInstanceProcAddr>(vulkan.get_instance_proc_addr);
        get_ = reinterpret_cast<PFN_vkGetDeviceProcAddr>(
            of_instance(static_cast<VkInstance>(vulkan.instance), "vkGetDeviceProcAddr"));
        VkSemaphoreTypeCreateInfo type{};
        type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
        type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
        VkSemaphoreCreateInfo info{};
        info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
        info.pNext = &type;
        REQUIRE(function<PFN_vkCreateSemaphore>("vkCreateSemaphore")(device_, &info, nullptr, &handle_) == 0);
    }
    ~Semaphore() { function<PFN_vkDestroySemaphore>("vkDestroySemaphore")(device_, handle_, nullptr); }
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    uint64_t handle() const { return (uint64_t)handle_; }
    void signal(uint64_t value) {
        VkSemaphoreSignalInfo info{};
        info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO;
        info.semaphore = handle_;
        info.value = value;
        CHECK(function<PFN_vkSignalSemaphore>("vkSignalSemaphore")(device_, &info) == VK_SUCCESS);
    }
    bool reaches(uint64_t value, uint64_t seconds) {
        VkSemaphoreWaitInfo info{};
        info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
        info.semaphoreCount = 1;
        info.pSemaphores = &handle_;
        info.pValues = &value;
        const auto wait = function<PFN_vkWaitSemaphores>("vkWaitSemaphores");
        return wait(device_, &info, seconds * 1'000'000'000) == VK_SUCCESS;
    }

  private:
    template <typename Function>
    Function function(const char* name) const {
        return reinterpret_cast<Function>(get_(device_, name));
    }
    VkDevice device_;
    PFN_vkGetDeviceProcAddr get_ = nullptr;
    VkSemaphore handle_ = VK_NULL_HANDLE;
};

TEST_CASE("a program's semaphore holds the library's work back, and is told of its end") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const auto device = ProgramDevice::make(runtime.handle(), VK_API_VERSION_1_2, true);
    if (!device) return;
    {
        const Adopted adopted(runtime, device->vulkan());
        rwkvk_context_params params = rwkvk::context_params();
        params.own_device = adopted.handle;
        params.slots = 2;
        rwkvk::Context context(model, params);
        const std::vector<float> expected = context.eval(0, {1, 2, 3});
        Semaphore semaphore(device->vulkan());
        CHECK(!semaphore.reaches(1, 0));
        CHECK(rwkvk_device_wait(adopted.handle, semaphore.handle(), 1) == RWKVK_OK);
        std::atomic<bool> done = false;
        std::vector<float> logits;
        std::thread thread([&] {
            logits = context.eval(1, {1, 2, 3});
            done = true;
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        CHECK(!done);
        semaphore.signal(1);
        thread.join();
        CHECK(logits == expected);
        CHECK(rwkvk_device_signal(adopted.handle, semaphore.handle(), 2) == RWKVK_OK);
        CHECK(semaphore.reaches(2, 60));
        CHECK(rwkvk_device_wait(adopted.handle, 0, 1) == RWKVK_BAD_ARGUMENT);
        CHECK(rwkvk_device_signal(nullptr, semaphore.handle(), 3) == RWKVK_BAD_ARGUMENT);
    }
    for (const std::string& message : device->messages()) FAIL_CHECK(message);
    const auto plain = ProgramDevice::make(runtime.handle(), VK_API_VERSION_1_1, false);
    const Adopted adopted(runtime, plain->vulkan());
    CHECK(rwkvk_device_wait(adopted.handle, 1, 1) == RWKVK_UNSUPPORTED);
}

TEST_CASE("what is missing is named") {
    const rwkvk::Runtime runtime;
    rwkvk_device* none = nullptr;
    const auto refused = [&](rwkvk_vulkan vulkan, rwkvk_status status) {
        CHECK(rwkvk_device_adopt(runtime.handle(), &vulkan, &none) == status);
        return std::string(rwkvk_last_error(runtime.handle()));
    };
    rwkvk_vulkan vulkan;
    rwkvk_vulkan_default(&vulkan, sizeof vulkan);
    CHECK(refused(vulkan, RWKVK_BAD_ARGUMENT) == "get_instance_proc_addr is NULL");
    const auto device = ProgramDevice::make(runtime.handle(), VK_API_VERSION_1_1, false);
    if (!device) return;
    for (void* rwkvk_vulkan::*part : {&rwkvk_vulkan::instance, &rwkvk_vulkan::physical_device,
                                      &rwkvk_vulkan::device, &rwkvk_vulkan::queue}) {
        vulkan = device->vulkan();
        vulkan.*part = nullptr;
        CHECK(refused(vulkan, RWKVK_BAD_ARGUMENT).ends_with("is NULL"));
    }
    vulkan = device->vulkan();
    vulkan.unlock = nullptr;
    CHECK(refused(vulkan, RWKVK_BAD_ARGUMENT).find("lock and unlock") != std::string::npos);
    vulkan = device->vulkan();
    vulkan.queue_family = 99;
    CHECK(refused(vulkan, RWKVK_UNSUPPORTED).find("queue family 99") != std::string::npos);
    vulkan = device->vulkan();
    vulkan.api_version = VK_API_VERSION_1_0;
    CHECK(refused(vulkan, RWKVK_UNSUPPORTED).find("1.1 or later") != std::string::npos);
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const Adopted adopted(runtime, device->vulkan());
    rwkvk_context_params params = rwkvk::context_params();
    params.own_device = adopted.handle;
    params.device = "cpu";
    CHECK_THROWS_WITH_AS(rwkvk::Context(model, params), doctest::Contains("both given"), rwkvk::Error);
    CHECK(rwkvk_device_adopt(nullptr, nullptr, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_device_wishes_create(runtime.handle(), nullptr, nullptr) == RWKVK_BAD_ARGUMENT);
    rwkvk_device_destroy(nullptr);
    rwkvk_device_wishes_destroy(nullptr);
}

}  // namespace
