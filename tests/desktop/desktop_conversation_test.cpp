// Conversations and their files.
#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>

#include "folders.h"
#include "library.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace rwkvk::desktop;

Conversation talk() {
    Conversation conversation = new_conversation();
    conversation.say("Hello!");
    conversation.begin_answer().text = "Hello! How can I help you?";
    conversation.say("Who are you?");
    Message& answer = conversation.begin_answer();
    answer.text = "A model.";
    answer.reasoning = "They ask \"who\".\n你好";
    answer.model = "demo";
    answer.seed = 7;
    answer.tokens = 3;
    answer.seconds = 0.5;
    answer.ending = "stopped";
    return conversation;
}

TEST_CASE("undo gives back what was said, and the turn before stays") {
    Conversation conversation = talk();
    CHECK(conversation.undo() == "Who are you?");
    CHECK(conversation.messages.size() == 2);
    CHECK(conversation.undo() == "Hello!");
    CHECK(!conversation.can_undo());
    CHECK(conversation.undo().empty());
}

TEST_CASE("a turn without an answer is undone too, and there is nothing to regenerate") {
    Conversation conversation = new_conversation();
    conversation.say("Hello!");
    CHECK(!conversation.can_regenerate());
    CHECK(conversation.undo() == "Hello!");
    CHECK(conversation.messages.empty());
}

TEST_CASE("what is said after a turn without an answer goes on with it") {
    Conversation conversation = new_conversation();
    conversation.say("One.");
    conversation.say("Two.");
    REQUIRE(conversation.messages.size() == 1);
    CHECK(conversation.messages[0].text == "One.\n\nTwo.");
}

TEST_CASE("regenerating drops the answer and keeps the turn") {
    Conversation conversation = talk();
    REQUIRE(conversation.can_regenerate());
    conversation.drop_answer();
    REQUIRE(conversation.messages.size() == 3);
    CHECK(conversation.messages.back().text == "Who are you?");
}

TEST_CASE("a fork is a copy of its own") {
    Conversation conversation = talk();
    Conversation fork = conversation.fork(2);
    CHECK(fork.id != conversation.id);
    CHECK(fork.name() == "Hello! (fork)");
    CHECK(fork.messages.size() == 2);
    fork.messages[0].text = "Changed";
    CHECK(conversation.messages[0].text == "Hello!");
    CHECK(conversation.fork(99).messages.size() == 4);
}

TEST_CASE("names are one line and cut between characters") {
    Conversation conversation = new_conversation();
    CHECK(conversation.name() == "New conversation");
    conversation.say("\n  first\nsecond");
    CHECK(conversation.name() == "first");
    conversation.messages[0].text = std::string(47, 'a') + "你好";
    CHECK(conversation.name() == std::string(47, 'a') + "…");
    conversation.title = "Mine";
    CHECK(conversation.name() == "Mine");
}

TEST_CASE("a file gives back all that a conversation is") {
    Conversation saved = talk();
    saved.title = "Title";
    saved.system = "Be brief.";
    const Conversation read = conversation_from_json(to_json(saved), "here");
    CHECK(read.title == "Title");
    CHECK(read.system == "Be brief.");
    REQUIRE(read.messages.size() == 4);
    const Message &was = saved.messages[3], &is = read.messages[3];
    CHECK(is.role == Role::assistant);
    CHECK(is.text == was.text);
    CHECK(is.reasoning == was.reasoning);
    CHECK(is.model == was.model);
    CHECK(is.seed == was.seed);
    CHECK(is.tokens == was.tokens);
    CHECK(is.seconds == was.seconds);
    CHECK(is.ending == was.ending);
}

TEST_CASE("what is no conversation is refused, with its name and what was found") {
    const auto refused = [](const std::string& text, const char* reason) {
        INFO(text);
        CHECK_THROWS_WITH_AS(conversation_from_json(text, "a.json"), doctest::Contains("a.json: expected"),
                             std::runtime_error);
        CHECK_THROWS_WITH_AS(conversation_from_json(text, "a.json"), doctest::Contains(reason),
                             std::runtime_error);
    };
    refused("", "unexpected end");
    refused("[1]", "array");
    refused("{}", "rwkvk_conversation");
    refused(R"({"rwkvk_conversation": 2, "messages": []})", "another version");
    refused(R"({"rwkvk_conversation": 1})", "messages");
    refused(R"({"rwkvk_conversation": 1, "messages": [{"role": "user", "text": 3}]})", "string");
    refused(R"({"rwkvk_conversation": 1, "messages": [{"role": "bot", "text": ""}]})", "'bot'");
    refused(R"({"rwkvk_conversation": 1, "messages": [{"role": "assistant", "text": ""}]})", "in turn");
}

TEST_CASE("a library keeps conversations from one start to the next") {
    const rwkvk::test::TemporaryFolder folder;
    std::string id;
    {
        Library library(folder.path());
        REQUIRE(library.all().size() == 1);
        CHECK(library.current().messages.empty());
        library.add(talk());
        id = library.current().id;
        library.start_new();
    }
    std::ofstream(folder.path() / "damaged.json") << "{";
    std::ofstream(folder.path() / "notes.txt") << "not looked at";
    Library library(folder.path());
    REQUIRE(library.all().size() == 2);
    REQUIRE(library.warnings().size() == 1);
    CHECK(library.warnings()[0].find("damaged.json") != std::string::npos);
    CHECK(library.current().messages.empty());
    REQUIRE(library.find(id));
    CHECK(library.find(id)->messages.size() == 4);
    library.remove(1);
    CHECK(!library.find(id));
    CHECK(!std::filesystem::exists(folder.path() / (id + ".json")));
    CHECK(std::filesystem::exists(folder.path() / "damaged.json"));
}

TEST_CASE("a conversation that all was taken back of leaves no file") {
    const rwkvk::test::TemporaryFolder folder;
    Library library(folder.path());
    library.add(talk());
    CHECK(!std::filesystem::is_empty(folder.path()));
    library.current().messages.clear();
    library.save(library.current());
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("removing keeps the others and the choice") {
    const rwkvk::test::TemporaryFolder folder;
    Library library(folder.path());
    for (const char* title : {"c", "b", "a"}) {
        Conversation one = talk();
        one.title = title;
        library.add(std::move(one));
    }
    library.select(1);
    library.remove(0);
    CHECK(library.current().title == "b");
    library.remove(0);
    CHECK(library.current().title == "c");
    while (!library.current().messages.empty()) library.remove(0);
    CHECK(library.all().size() == 1);
}

TEST_CASE("an unsaved file leaves the one before") {
    const rwkvk::test::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "below" / "file";
    write_whole(path, "first");
    write_whole(path, "second");
    CHECK(read_whole(path) == "second");
    CHECK_THROWS_WITH_AS(write_whole(path / "impossible", "x"), doctest::Contains("cannot be written"),
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read_whole(folder.path() / "none"), doctest::Contains("cannot be opened"),
                         std::runtime_error);
}

}  // namespace
