// Loading, answering, stopping and verifying, without a window: on the CPU, with the embedded model.
#include <doctest/doctest.h>

#include <fstream>

#include "demo_model.h"
#include "folders.h"
#include "tests/desktop/desk.h"

namespace {

using namespace rwkvk::desktop;
using rwkvk::test::Desk;

TEST_CASE("the embedded model is there at the first start, and answers") {
    Desk desk;
    CHECK(!desk.session.say("Too early"));
    REQUIRE(desk.ready());
    CHECK(desk.session.model().facts.on_cpu);
    CHECK(desk.session.model().facts.parameters > 1000000);
    CHECK(!desk.session.say(" \n"));
    CHECK(desk.ask("Hello!") == "Hello! How can I help you?");
    const Message& answer = desk.session.current().messages[1];
    CHECK(answer.tokens > 0);
    CHECK(answer.ending.empty());
    CHECK(desk.ask("My name is Ada.").find("Ada") != std::string::npos);
    CHECK(desk.ask("What is my name?").find("Ada") != std::string::npos);
    CHECK(desk.session.answer().cached_tokens > 0);
    CHECK(std::filesystem::exists(desk.folder.path() / "conversations" /
                                  (desk.session.current().id + ".json")));
    const std::string report = desk.session.report();
    for (const char* part : {"Hello! How can I help you?", "tokens/s", "cpu", "seed", "rwkvk"})
        CHECK(report.find(part) != std::string::npos);
}

TEST_CASE("undo, regenerate and fork change the text that the next answer comes from") {
    Desk desk;
    REQUIRE(desk.ready());
    desk.ask("My name is Ada.");
    desk.ask("My name is Eve.");
    CHECK(desk.session.undo() == "My name is Eve.");
    desk.session.fork(2);
    CHECK(desk.session.library().all().size() == 2);
    CHECK(desk.ask("What is my name?").find("Ada") != std::string::npos);
    CHECK(desk.session.library().all()[1].messages.size() == 2);
    const std::string first = desk.session.current().messages.back().text;
    desk.session.regenerate();
    REQUIRE(desk.answered());
    CHECK(desk.session.current().messages.size() == 4);
    CHECK(desk.session.current().messages.back().text.find("Ada") != std::string::npos);
}

TEST_CASE("the same seed gives the same answer") {
    Desk desk;
    REQUIRE(desk.ready());
    desk.session.settings.sampling = {.preset = Preset::creative, .seed = 11};
    const std::string first = desk.ask("Tell me a story.");
    CHECK(desk.session.current().messages[1].seed == 11);
    desk.session.regenerate();
    REQUIRE(desk.answered());
    CHECK(desk.session.current().messages[1].text == first);
}

TEST_CASE("an answer is stopped where it is, and the conversation goes on") {
    Desk desk;
    REQUIRE(desk.ready());
    // With these the answer would have 3057 tokens.
    desk.session.settings.sampling = {.preset = Preset::custom, .seed = 8, .temperature = 5, .top_p = 1};
    REQUIRE(desk.session.say("Tell me a story."));
    CHECK(!desk.session.say("Not yet"));
    REQUIRE(desk.until([&] { return desk.session.answer().pieces > 0; }));
    desk.session.stop();
    REQUIRE(desk.answered());
    REQUIRE(desk.session.current().messages.size() == 2);
    CHECK(!desk.session.current().messages[1].text.empty());
    CHECK(desk.session.current().messages[1].ending == "stopped");
    CHECK(desk.session.current().messages[1].tokens < 3057);
    desk.session.settings.sampling = {};
    CHECK(!desk.ask("Hello!").empty());
}

TEST_CASE("a turn stopped before its answer is as if it had not been said, and its text comes back") {
    Desk desk;
    REQUIRE(desk.ready());
    REQUIRE(desk.session.say(std::string(100000, 'a')));
    desk.session.stop();
    REQUIRE(desk.answered());
    CHECK(desk.session.current().messages.empty());
    CHECK(desk.session.take_returned_text() == std::string(100000, 'a'));
    CHECK(desk.session.take_returned_text().empty());
    CHECK(desk.session.error().empty());
}

TEST_CASE("a limit is told of") {
    Desk desk;
    REQUIRE(desk.ready());
    desk.session.settings.max_tokens = 2;
    CHECK(!desk.ask("Hello!").empty());
    CHECK(desk.session.current().messages[1].ending == "cut at the limit");
}

TEST_CASE("a model that cannot be opened leaves the one before, and says why") {
    Desk desk;
    REQUIRE(desk.ready());
    std::ofstream(desk.folder.path() / "broken.gguf") << "GGUF";
    for (const char* name : {"none.gguf", "broken.gguf"}) {
        desk.session.dismiss_error();
        desk.session.open_model((desk.folder.path() / name).string());
        CHECK(!desk.session.can_say());
        REQUIRE(desk.ready());
        CHECK(desk.session.error().find(name) != std::string::npos);
        CHECK(desk.session.settings.model.empty());
        CHECK(desk.session.model().facts.path.empty());
    }
    CHECK(desk.ask("Hello!") == "Hello! How can I help you?");
    desk.session.use_device("no such device");
    REQUIRE(desk.ready());
    CHECK(desk.session.error().find("no such device") != std::string::npos);
    CHECK(desk.ask("Hello!").size() > 0);
}

TEST_CASE("dropped files are opened: a model takes over, a conversation becomes the current one") {
    Desk desk;
    REQUIRE(desk.ready());
    const std::filesystem::path model = desk.folder.path() / "other.gguf",
                                talk = desk.folder.path() / "talk.json";
    std::ofstream(model, std::ios::binary) << rwkvk::demo_model();
    Conversation conversation = new_conversation();
    conversation.title = "Brought";
    conversation.say("My name is Ada.");
    conversation.begin_answer().text = "Nice to meet you, Ada!";
    write_whole(talk, to_json(conversation));
    desk.session.drop({model.string(), talk.string()});
    CHECK(desk.session.current().title == "Brought");
    REQUIRE(
        desk.until([&] { return desk.session.model().ready && !desk.session.model().facts.path.empty(); }));
    CHECK(desk.session.settings.recent == std::vector<std::string>{model.string()});
    CHECK(desk.ask("What is my name?").find("Ada") != std::string::npos);
    std::ofstream(talk) << "{}";
    desk.session.drop({talk.string()});
    CHECK(desk.session.error().find("talk.json: expected a conversation") != std::string::npos);
}

/// Saves the current conversation's state and returns its file.
std::string saved_state(Desk& desk) {
    REQUIRE(desk.session.can_save_state());
    desk.session.save_state();
    CHECK(!desk.session.can_save_state());  // it is being saved
    REQUIRE(desk.until([&] { return !desk.session.notice().empty() || !desk.session.error().empty(); }));
    CHECK(desk.session.error() == "");
    REQUIRE(!desk.session.saved_states().empty());
    const std::string path = desk.session.saved_states().front().string();
    CHECK(desk.session.notice() == "The state is saved: " + path);
    desk.session.dismiss_notice();
    return path;
}

TEST_CASE("a state is saved, and a conversation begins from it, also after it was dropped") {
    Desk desk;
    REQUIRE(desk.ready());
    CHECK(!desk.session.can_save_state());
    CHECK(desk.session.saved_states().empty());
    desk.ask("My name is Ada.");
    const std::string path = saved_state(desk);
    CHECK(std::filesystem::path(path).filename() == "My name is Ada.safetensors");
    const std::string there = desk.ask("What is my name?");
    CHECK(there.find("Ada") != std::string::npos);

    desk.session.begin_from(path);
    CHECK(desk.session.current().messages.empty());
    CHECK(desk.ask("What is my name?") == there);
    // One more turn behind it, from a copy, and from the conversation as its file has it.
    const std::string second = saved_state(desk);
    CHECK(second != path);
    desk.session.fork(2);
    CHECK(desk.session.current().state == path);
    const Conversation again =
        conversation_from_json(to_json(desk.session.current()), desk.session.current().id);
    CHECK(again.state == path);
    const std::string more = desk.ask("Hello!");
    desk.session.drop({second});
    REQUIRE(desk.until([&] { return desk.session.current().state == second; }));
    CHECK(desk.ask("Hello!") == more);

    // A file that is gone is told of, and what was said comes back.
    std::filesystem::remove(path);
    desk.session.begin_from(path);
    CHECK(desk.session.model().facts.path.empty());
    desk.session.open_model("");
    REQUIRE(desk.ready());
    REQUIRE(desk.session.say("Hello!"));
    REQUIRE(desk.answered());
    CHECK(desk.session.error().find("My name is Ada.safetensors") != std::string::npos);
    CHECK(desk.session.take_returned_text() == "Hello!");
    desk.session.start_new();
    CHECK(desk.session.current().state.empty());
}

TEST_CASE("a state that cannot be written is told of") {
    Desk desk;
    REQUIRE(desk.ready());
    desk.ask("Hello!");
    std::ofstream(desk.folder.path() / "states") << "a file where the folder should be";
    desk.session.save_state();
    REQUIRE(desk.until([&] { return !desk.session.error().empty(); }));
    CHECK(desk.session.error().find("The state cannot be saved.") == 0);
    CHECK(desk.session.notice().empty());
    CHECK(desk.session.can_save_state());
}

TEST_CASE("a model opened during an answer ends it, and the newest choice of several wins") {
    Desk desk;
    REQUIRE(desk.ready());
    const std::filesystem::path model = desk.folder.path() / "other.gguf";
    std::ofstream(model, std::ios::binary) << rwkvk::demo_model();
    REQUIRE(desk.session.say("Tell me a story."));
    desk.session.open_model("none.gguf");
    desk.session.open_model(model.string());
    REQUIRE(
        desk.until([&] { return desk.session.model().ready && !desk.session.model().facts.path.empty(); }));
    REQUIRE(desk.answered());
    CHECK(desk.session.error().empty());
}

TEST_CASE("an answer goes to its conversation, though another one is looked at or it is removed") {
    Desk desk;
    REQUIRE(desk.ready());
    REQUIRE(desk.session.say("Hello!"));
    const std::string id = desk.session.current().id;
    desk.session.start_new();
    CHECK(desk.session.current().messages.empty());
    REQUIRE(desk.answered());
    CHECK(desk.session.library().all()[1].id == id);
    CHECK(desk.session.library().all()[1].messages.back().text == "Hello! How can I help you?");
    desk.session.select(1);
    REQUIRE(desk.session.say("Tell me a story."));
    desk.session.remove(1);
    REQUIRE(desk.answered());
    CHECK(desk.session.library().all().size() == 1);
    CHECK(desk.session.current().messages.empty());
}

TEST_CASE("what has come of an answer is kept when the program is left") {
    Desk desk;
    REQUIRE(desk.ready());
    desk.session.settings.sampling = {.preset = Preset::custom, .seed = 8, .temperature = 5, .top_p = 1};
    REQUIRE(desk.session.say("Tell me a story."));
    REQUIRE(desk.until([&] { return desk.session.answer().pieces > 0; }));
    desk.session.close();
    Library library(desk.folder.path() / "conversations");
    REQUIRE(library.all().size() == 2);
    REQUIRE(library.all()[1].messages.size() == 2);
    CHECK(library.all()[1].messages[1].ending == "stopped");
    CHECK(!library.all()[1].messages[1].text.empty());
}

TEST_CASE("verifying the CPU is refused, for it is the reference") {
    Desk desk;
    REQUIRE(desk.ready());
    desk.session.verify();
    CHECK(desk.session.busy());
    REQUIRE(desk.until([&] { return !desk.session.verification().running; }));
    CHECK(!desk.session.verification().report);
    CHECK(!desk.session.verification().failure.empty());
}

TEST_CASE("questions are answered while a device is verified") {
    Desk desk({.path = "", .device = "llvmpipe"});
    REQUIRE(desk.until([&] { return desk.session.model().ready || !desk.session.error().empty(); }));
    if (!desk.session.model().ready) {
        MESSAGE("not run: ", desk.session.error());
        return;
    }
    desk.session.verify();
    CHECK(desk.ask("Hello!") == "Hello! How can I help you?");
    CHECK(desk.session.verification().running);
    REQUIRE(desk.until([&] { return !desk.session.verification().running; }));
    REQUIRE(desk.session.verification().report);
    const VerifyReport& report = *desk.session.verification().report;
    CHECK(report.equal);
    CHECK(report.fingerprint == report.fingerprint_cpu);
    CHECK(report.ops.size() > 10);
    CHECK(report.runs.size() > 2);
    CHECK(desk.session.report().find("Equal: every bit") != std::string::npos);
}

}  // namespace
