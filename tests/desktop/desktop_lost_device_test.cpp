// A model on the device that draws the window, and what happens when that is lost.
#include "tests/desktop/desk.h"
#include "tests/support/faulty_vulkan.h"
#include "tests/support/program_device.h"

namespace {

using namespace rwkvk::desktop;
using rwkvk::test::Desk;
using rwkvk::test::FaultyVulkan;
using rwkvk::test::ProgramDevice;

/// As a window opens it. NULL without Vulkan.
DrawingDevice open_device(const rwkvk::Runtime& runtime) {
    std::shared_ptr<ProgramDevice> made = ProgramDevice::make(runtime.handle(), VK_API_VERSION_1_2, true);
    if (!made) return {};
    rwkvk_vulkan vulkan = made->vulkan();
    vulkan.get_instance_proc_addr = reinterpret_cast<void (*)()>(
        FaultyVulkan::over(reinterpret_cast<PFN_vkGetInstanceProcAddr>(vulkan.get_instance_proc_addr)));
    rwkvk_device* adopted = nullptr;
    runtime.check(rwkvk_device_adopt(runtime.handle(), &vulkan, &adopted));
    return {{adopted,
             [made](rwkvk_device* device) {
                 rwkvk_device_destroy(device);
                 CHECK(made->live_allocations() == 0);
                 for (const std::string& message : made->messages()) FAIL_CHECK(message);
             }},
            ""};
}

/// Draws a long answer.
const Sampling wild = {.preset = Preset::custom, .seed = 8, .temperature = 5, .top_p = 1};

struct Drawn {
    rwkvk::Runtime runtime;
    DrawingDevice device = open_device(runtime);
    Desk desk{{.path = "", .device = "0"}, runtime, device};
    bool ready = device.device && desk.ready();

    Drawn() { desk.session.settings.max_tokens = 60; }
    /// The window is told, and opens another one.
    void replace() {
        FaultyVulkan::fail_nothing();
        device = open_device(runtime);
        desk.session.use_drawing_device(device);
    }
    /// In full, after which the turn is taken back.
    std::string story() {
        const std::string text = desk.ask("Tell me a story.");
        desk.session.undo();
        return text;
    }
};

TEST_CASE("the model runs on the device that draws the window when it is chosen, and is named once") {
    Drawn drawn;
    if (!drawn.ready) return;
    Session& session = drawn.desk.session;
    CHECK(session.model().facts.draws_window);
    CHECK(!session.model().facts.kernels.empty());
    CHECK(std::count_if(session.devices().begin(), session.devices().end(),
                        [](const DeviceRow& row) { return row.draws; }) == 1);
    CHECK(drawn.desk.ask("Hello!") == "Hello! How can I help you?");
    CHECK(session.report().find("draws the window") != std::string::npos);
    session.use_device("cpu");
    REQUIRE(drawn.desk.ready());
    CHECK(!session.model().facts.draws_window);
    CHECK(drawn.desk.ask("Hello!") == "Hello! How can I help you?");
}

TEST_CASE("an answer whose device is lost is begun again on the next one, with the same words") {
    Drawn drawn;
    if (!drawn.ready) return;
    Session& session = drawn.desk.session;
    session.settings.sampling = wild;
    const std::string expected = drawn.story();
    session.settings.sampling.seed = 8;
    REQUIRE(session.say("Tell me a story."));
    REQUIRE(drawn.desk.until([&] { return session.answer().pieces > 3; }));
    session.settings.sampling.seed = 9;
    SUBCASE("the model finds it") {
        FaultyVulkan::fail("vkQueueSubmit", 0, VK_ERROR_DEVICE_LOST);
        REQUIRE(drawn.desk.until([&] { return session.drawing_device_lost(); }));
        CHECK(!session.can_say());
        CHECK(session.current().messages.back().ending == "interrupted");
    }
    SUBCASE("the window finds it") {}
    drawn.replace();
    CHECK(!session.drawing_device_lost());
    REQUIRE(drawn.desk.until([&] { return !session.model().loading && session.answering(); }));
    REQUIRE(drawn.desk.answered());
    REQUIRE(session.current().messages.size() == 2);
    CHECK(session.current().messages[1].text == expected);
    CHECK(session.current().messages[1].ending == "cut at the limit");
    CHECK(session.error().find("graphics device was lost") != std::string::npos);
}

TEST_CASE("an answer that loses two devices stays interrupted, and can be asked for again") {
    Drawn drawn;
    if (!drawn.ready) return;
    Session& session = drawn.desk.session;
    for (int i = 0; i < 2; ++i) {
        if (i == 0) REQUIRE(session.say("Hello!"));
        FaultyVulkan::fail("vkQueueSubmit", 0, VK_ERROR_DEVICE_LOST);
        REQUIRE(drawn.desk.until([&] { return session.drawing_device_lost(); }));
        drawn.replace();
        REQUIRE(drawn.desk.ready());
    }
    CHECK(!session.answering());
    REQUIRE(session.current().messages.size() == 2);
    CHECK(session.current().messages[1].ending == "interrupted");
    session.regenerate();
    REQUIRE(drawn.desk.answered());
    CHECK(session.current().messages[1].text == "Hello! How can I help you?");
}

TEST_CASE("a model on the CPU goes on when the device that draws is lost") {
    Drawn drawn;
    if (!drawn.ready) return;
    Session& session = drawn.desk.session;
    session.use_device("cpu");
    REQUIRE(drawn.desk.ready());
    REQUIRE(session.say("Hello!"));
    drawn.replace();
    CHECK(!session.model().loading);
    REQUIRE(drawn.desk.answered());
    CHECK(session.current().messages[1].text == "Hello! How can I help you?");
    session.settings.sampling = wild;
    session.settings.max_tokens = 4000;
    REQUIRE(session.say("Tell me a story."));
    drawn.replace();
    session.stop();
    REQUIRE(drawn.desk.answered());
    CHECK((session.current().messages.size() == 2 || session.current().messages[3].ending == "stopped"));
}

}  // namespace
