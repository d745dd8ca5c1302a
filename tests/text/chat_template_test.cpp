#include "runtime/text/chat_template.h"

#include <doctest/doctest.h>

#include <random>
#include <tuple>

#include "runtime/text/clean_message.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using test::check_contains;
using test::refusal_of;

TEST_CASE("messages are cleaned") {
    const struct {
        std::string message, cleaned;
    } cases[] = {
        {"", ""},
        {" \r\n\t ", ""},
        {"  hello  \n", "hello"},
        {"a\r\nb\rc\nd", "a\nb\nc\nd"},
        {"a\n\nb\n\n\n\nc", "a\nb\nc"},
        {"a\n \t \n  b", "a\n  b"},
        {"a \r\n \r\n\r\nb", "a \nb"},
        {"def f():\n\n    return 1\n", "def f():\n    return 1"},
        {"a\n\r\n\rb", "a\nb"},
        {"a \n  b", "a \n  b"},
        {"caf\xc3\xa9\n\n\xff", "caf\xc3\xa9\n\xff"},
    };
    for (const auto& [message, cleaned] : cases) CHECK(clean_message(message) == cleaned);
}

TEST_CASE("a cleaned message has no blank line and no outer blanks, stays so, and loses nothing else") {
    static const std::string alphabet = "a\r\n \t\n\r\nb\xc3\v\f";
    const auto without_blanks = [](std::string text) {
        std::erase_if(
            text, [](char c) { return std::string_view(" \t\r\n\v\f").find(c) != std::string_view::npos; });
        return text;
    };
    std::mt19937 random(1);
    for (int round = 0; round < 5000; ++round) {
        std::string message;
        for (size_t i = random() % 20; i > 0; --i) message += alphabet[random() % alphabet.size()];
        const std::string cleaned = clean_message(message);
        CHECK(clean_message(cleaned) == cleaned);
        CHECK(cleaned.find('\r') == cleaned.npos);
        CHECK(strip(cleaned) == cleaned);
        CHECK(without_blanks(cleaned) == without_blanks(message));
        std::string lines;  // as if the blanks in empty lines were not there
        for (const char c : cleaned) {
            if (c != ' ' && c != '\t' && c != '\v' && c != '\f') lines += c;
        }
        CHECK(lines.find("\n\n") == lines.npos);
    }
}

TEST_CASE("World conversations") {
    const ChatTemplate& world = chat_template("world");
    CHECK(&chat_template("rwkv-world") == &world);  // as llama.cpp calls it
    CHECK(world.opening("").text() == "");
    CHECK(world.opening(" Be brief.\n\nBe kind. ").text() == "System: Be brief.\nBe kind.\n\n");
    CHECK(world.user_turn("hi\r\n\r\nthere ").text() == "User: hi\nthere\n\nAssistant:");
    CHECK(world.past_turn("hi ", " Hello.\n\nHow are you?\n").text() ==
          "User: hi\n\nAssistant: Hello.\n\nHow are you?\n\n");
    CHECK(world.after_answer() == "\n\n");
    CHECK(world.stop_strings() == std::vector<std::string>{"\n\nUser:", "\n\nSystem:", "\n\nAssistant:"});
    CHECK(world.reply_start(Thinking::none) == ReplyStart::answer);
    check_contains(refusal_of([&] { world.user_turn("x", Thinking::fast); }, Code::bad_argument), "'fast'");
    check_contains(refusal_of([&] { world.tool_result("x"); }, Code::bad_argument), "template tools");
}

TEST_CASE("Raven conversations") {
    const ChatTemplate& raven = chat_template("raven");
    CHECK(raven.opening("Two people talk.").text() == "Two people talk.\n\n");
    CHECK(raven.opening("").text().find("between Bob and Alice") != std::string::npos);
    CHECK(raven.opening("").text().ends_with(".\n\n"));
    CHECK(raven.user_turn("hi").text() == "Bob: hi\n\nAlice:");
    CHECK(raven.past_turn("hi", "ho").text() == "Bob: hi\n\nAlice: ho\n\n");
    CHECK(raven.stop_strings() == std::vector<std::string>{"\n\nBob:", "\n\nAlice:"});
}

TEST_CASE("G1 conversations think as asked") {
    const ChatTemplate& g1 = chat_template("g1");
    CHECK(g1.user_turn("hi").text() == "User: hi\n\nAssistant:");
    CHECK(g1.user_turn("hi", Thinking::fast).text() == "User: hi\n\nAssistant: <think>\n</think");
    CHECK(g1.user_turn("hi", Thinking::free).text() == "User: hi\n\nAssistant: <think");
    CHECK(g1.user_turn("hi\n", Thinking::a_bit).text() == "User: hi (think a bit)\n\nAssistant: <think");
    CHECK(g1.user_turn("hi", Thinking::a_lot).text() == "User: hi (think a lot)\n\nAssistant: <think");
    CHECK(g1.reply_start(Thinking::none) == ReplyStart::answer);
    CHECK(g1.reply_start(Thinking::fast) == ReplyStart::close_tag);
    CHECK(g1.reply_start(Thinking::free) == ReplyStart::open_tag);
    CHECK(g1.reply_start(Thinking::a_lot) == ReplyStart::open_tag);
}

TEST_CASE("plain text is passed on as it is") {
    const ChatTemplate& plain = chat_template("plain");
    CHECK(plain.opening("\n\n# Title ").text() == "\n\n# Title ");
    CHECK(plain.user_turn(" a\r\n\r\nb ").text() == " a\r\n\r\nb ");
    CHECK(plain.past_turn("a ", " b").text() == "a  b");
    CHECK(plain.after_answer() == "");
    CHECK(plain.stop_strings().empty());
    CHECK(plain.reply_start(Thinking::none) == ReplyStart::verbatim);
}

TEST_CASE(
    "every prompt ends right behind what calls for an answer, and its turns have no blank line inside") {
    for (const ChatTemplate& each : all_chat_templates()) {
        if (each.name() == "plain") continue;
        const std::string turn = each.user_turn("one\n\n\ntwo\n \nthree").text();
        CHECK(!turn.ends_with(' '));
        if (each.name() != "chatml") CHECK(turn.find("\n\n") == turn.rfind("\n\n"));
    }
}

TEST_CASE("sampling values are those the makers use") {
    const auto values = [](const SamplerParams& p) {
        return std::tuple(p.temperature, p.top_p, p.top_k, p.penalties.presence, p.penalties.frequency,
                          p.penalties.decay);
    };
    const auto chat = std::tuple(1.0f, 0.3f, 0u, 0.5f, 0.5f, 0.996f);
    CHECK(values(chat_template("world").sampling()) == chat);
    CHECK(values(chat_template("g1").sampling(Thinking::fast)) == chat);
    CHECK(values(chat_template("g1").sampling(Thinking::a_bit)) ==
          std::tuple(1.0f, 0.5f, 100u, 0.0f, 0.0f, 0.997f));
    CHECK(values(chat_template("raven").sampling()) == std::tuple(1.2f, 0.5f, 0u, 0.4f, 0.4f, 0.996f));
    CHECK(values(chat_template("plain").sampling()) == std::tuple(1.0f, 0.85f, 0u, 0.2f, 0.2f, 0.996f));
    for (const ChatTemplate& each : all_chat_templates()) CHECK(Sampler(each.sampling()).draws() == 0);
}

TEST_CASE("the template follows from a model's name, version and vocabulary") {
    const struct {
        const char *name, *version;
        uint32_t vocabulary;
        const char* expected;
    } cases[] = {
        {"rwkv7-g1-1.5b-20250429-ctx4096.pth", "7.0", 65536, "g1"},
        {"RWKV7-G1d-2.9B-Q8_0.gguf", "7.0", 65529, "g1"},
        {"rwkv7-g0a2-7.2b", "7.0", 65536, "g1"},
        {"rwkv7a-g1b-0.1b-20250819-ctx4096", "7a", 65536, "g1"},
        {"rwkv-7-g1.pth", "10.0", 65536, "g1"},
        {"RWKV-x070-World-1.5B-v3-20250127-ctx4096.pth", "7.0", 65536, "world"},
        {"RWKV-x060-World-3B-g1.pth", "6.0", 65536, "world"},
        {"rwkv7-gguf-0.4b", "7.0", 65536, "world"},
        {"rwkv7-g12345", "7.0", 65536, "world"},
        {"RWKV-4-World-3B.pth", "4.0", 65536, "world"},
        {"RWKV-4-Raven-7B-v12-Eng98%.pth", "4.0", 50277, "raven"},
        {"rwkv-5-raven.pth", "5.2", 50277, "plain"},
        {"RWKV-4-Pile-430M.pth", "4.0", 50277, "plain"},
        {"rwkv7-g1-music.pth", "7.0", 20095, "plain"},
        {"tiny.bin", "7.0", 256, "plain"},
        {"", "", 65536, "world"},
        {"", "99999999999999999999", 65537, "plain"},
    };
    for (const auto& [name, version, vocabulary, expected] : cases) {
        INFO(name);
        CHECK(chat_template_for(name, version, vocabulary).format.name() == expected);
    }
}

TEST_CASE("a model of another vocabulary has the template that its file declares") {
    constexpr const char* turns = "{{ 'User: ' + x }}Assistant:";
    const auto chosen = [](std::string_view declared) {
        return chat_template_for("m", "7.0", 861, declared).format.name();
    };
    CHECK(chosen("") == "plain");
    CHECK(chosen("llama2") == "plain");
    CHECK(chosen("chatml") == "chatml");
    CHECK(chosen("{{ '<|im_start|>assistant<think>' }}") == "chatml");
    CHECK(chosen("rwkv-world") == "world");
    CHECK(chosen(turns) == "world");
    CHECK(chosen(concat(turns, "{% if t %} <think{% endif %}")) == "g1");
    // The converters declare the same for every model with a World vocabulary.
    CHECK(chat_template_for("World", "7.0", 65536, concat(turns, " <think")).format.name() == "world");
}

TEST_CASE("unknown names are refused with those there are") {
    const std::string message = refusal_of([] { chat_template("vicuna\n"); }, Code::bad_argument);
    check_contains(message, "world, g1, bot, tools, chatml, raven, plain");
    check_contains(message, "'vicuna?'");
}

}  // namespace
