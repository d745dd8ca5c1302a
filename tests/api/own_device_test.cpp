// Models on a device that the program made itself, whose queue another thread uses meanwhile: the bits are
// those of a device of the library's, with all features and with none, and the validation layer has nothing
// to say.
#include <doctest/doctest.h>

#include <rwkvk_device.h>
#include <atomic>
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
