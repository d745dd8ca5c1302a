#include "runtime/session/tool_calls.h"

#include <doctest/doctest.h>

#include <random>

#include "host/error.h"

namespace {

using namespace rwkvk;
using text::ToolCall;

const std::string payload = R"({"name": "weather", "arguments": {"city": "Köln", "days": [1, 2]}})";
const ToolCall weather{"weather", R"({"city": "Köln", "days": [1, 2]})"};

void check(const std::string& answer, const std::string& text, const std::vector<ToolCall>& calls) {
    CAPTURE(answer);
    const ToolCalls found = find_tool_calls(answer);
    CHECK(found.text == text);
    CHECK(found.calls == calls);
}

TEST_CASE("calls in the three forms that are in use") {
    for (const std::string& call :
         {concat("```json\n", payload, "\n```"), concat("**Tool Call:**\n```json\n", payload, "\n```"),
          concat("<tool_call>", payload, "</tool_call>"), concat("<tool_call>\n", payload, "\n</tool_call>"),
          concat("**Tool Call:** ```json", payload, "```")}) {
        check(call, "", {weather});
        check(concat("I look.\n", call, "\n"), "I look.\n", {weather});
        check(concat(call, "\n", call, " and then"), "", {weather, weather});
        check(concat("Like `{}`: {\"a\"} ", call), "Like `{}`: {\"a\"} ", {weather});
    }
}

TEST_CASE("what a template renders is found again") {
    const std::vector<ToolCall> calls = {{"a \"b\"\n", "{\"text\": \"```\\n**Tool Call:**\"}"},
                                         {"now", "{}"}};
    const std::string answer = text::chat_template("tools").rest_of_past_answer("Well.", calls).text();
    const ToolCalls found = find_tool_calls(answer);
    CHECK(found.text == "Well.\n");
    REQUIRE(found.calls.size() == 2);
    CHECK(found.calls[0].name == calls[0].name);
    CHECK(found.calls[0].arguments == "{\n    \"text\": \"```\\n**Tool Call:**\"\n  }");
    CHECK(found.calls[1] == calls[1]);
}

TEST_CASE("arguments may be written as a string, members in any order, other members are passed over") {
    check(
        "<tool_call>{\"id\":\"x\",\"arguments\":\"{\\\"a\\\":\\\"\\u00fc\\\"}\",\"name\":\"f\"}</tool_call>",
        "", {{"f", "{\"a\":\"\u00fc\"}"}});
}

TEST_CASE("at the end of an answer what closes a call may be missing") {
    check(concat("```json\n", payload), "", {weather});
    check(concat("<tool_call>", payload, "\n"), "", {weather});
    check(concat("<tool_call>", payload, " and so on"), concat("<tool_call>", payload, " and so on"), {});
}

TEST_CASE("what is no call is text") {
    for (const std::string& answer :
         {std::string(), std::string("Hello."), std::string("**Tool Call:**"), std::string("```json"),
          std::string("<tool_call>"), std::string("```json\n{\"city\": \"Paris\"}\n```\nNo tool needed."),
          std::string("```json\n{\"name\": \"f\", \"arguments\": {\"a\": 1}\n```"),
          std::string("```json\n{\"name\": \"f\", \"arguments\": 7}\n```"),
          std::string("```json\n{\"name\": \"f\", \"arguments\": \"7\"}\n```"),
          std::string("```json\n{\"name\": 7, \"arguments\": {}}\n```"),
          std::string("```json\n{\"arguments\": {}}\n```"), std::string("```json\n{\"name\": \"f\"}\n```"),
          std::string("```json\n{\"name\": \"f\", \"arguments\": {\"a\": tru}}\n```"),
          std::string("```json\n{\"name\": \"f\", \"name\": \"g\", \"arguments\": {}}\n```"),
          std::string("```json\n['name']\n```"),
          std::string("<tool_call>{'name': 'f', 'arguments': {}}</tool_call>"),
          concat("```bash\n", payload, "\n```"), concat("<tool_call>", payload, "</tool>"),
          concat("<tool_call>", std::string(100, '{'))}) {
        check(answer, answer, {});
    }
    check(concat("```json\n{bad}\n```\n<tool_call>", payload, "</tool_call>"), "```json\n{bad}\n```\n",
          {weather});
}

TEST_CASE("the number of calls and the time they take are bounded") {
    std::string many, hostile;
    for (int i = 0; i < 1000; ++i) many += concat("<tool_call>", payload, "</tool_call>\n");
    CHECK(find_tool_calls(many).calls.size() == max_tool_calls);
    for (int i = 0; i < 300000; ++i) hostile += "<tool_call>{";
    CHECK(find_tool_calls(hostile).text == hostile);
}

/// The same answer in pieces; nothing is told that is not certain.
void check_pieces(const std::string& answer, std::mt19937& random) {
    const ToolCalls whole = find_tool_calls(answer);
    ToolCallReader reader;
    ToolCalls told;
    for (size_t at = 0, bytes = 0; at < answer.size(); at += bytes) {
        bytes = std::min<size_t>(1 + random() % 8, answer.size() - at);
        told += reader.take(std::string_view(answer).substr(at, bytes));
        CHECK(whole.text.starts_with(told.text));
        CHECK(told.calls.size() <= whole.calls.size());
    }
    told += reader.finish();
    CAPTURE(answer);
    CHECK(told.text == whole.text);
    CHECK(told.calls == whole.calls);
}

TEST_CASE("in pieces an answer is read as in one") {
    std::mt19937 random(2);
    for (const std::string& answer :
         {concat("I look.\n```json\n", payload, "\n```"),
          concat("**Tool Call:**\n```json\n", payload, "\n```"),
          concat("<tool_call>", payload, "</tool_call>\n<tool_call>", payload, "</tool_call> and then"),
          concat("```json\n{\"city\": 1}\n``` or <tool_call>", payload),
          concat("<tool_call>", payload, " no"),
          std::string("``````json``<tool_<tool_call>{**Tool Call:**Tool Call:"),
          concat("```json", payload)}) {
        for (int round = 0; round < 50; ++round) check_pieces(answer, random);
    }
}

TEST_CASE("objects in fences that are no calls are told while they come") {
    ToolCallReader reader;
    CHECK(reader.take("See: ```json\n{\"ci").text == "See: ```json\n{\"ci");
    CHECK(reader.take("ty\": 1}\n```").text == "ty\": 1}\n");  // a fence may begin
    CHECK(reader.finish().text == "```");
}

TEST_CASE("damaged answers are taken as they are") {
    std::mt19937 random(1);
    const std::string whole =
        concat("Text\n**Tool Call:**\n```json\n", payload, "\n```\n<tool_call>", payload, "</tool_call>");
    for (int round = 0; round < 20000; ++round) {
        std::string answer = whole.substr(0, random() % (whole.size() + 1));
        if (!answer.empty()) answer[random() % answer.size()] = "{}[]\"\\:,`<*a\n"[random() % 13];
        const ToolCalls found = find_tool_calls(answer);
        CHECK(answer.starts_with(found.text));
        CHECK((found.calls.empty() ? found.text == answer : found.text.size() < answer.size()));
        if (round % 10 == 0) check_pieces(answer, random);
    }
}

}  // namespace
