// rwkvk_calls.h: careless callers, prompts with tools and calls of the past, what answers are held to, and
// how calls are read out of them.
#include <doctest/doctest.h>

#include <rwkvk_calls.hpp>

#include "tests/support/border_handles.h"

namespace {

using rwkvk::CallReader, rwkvk::Grammar, rwkvk::Message, rwkvk::Prompt, rwkvk::Runtime;

const rwkvk_tool tools[] = {{"weather", "of a town", R"({"type": "object", "required": ["city"]})", 0},
                            {"now", nullptr, nullptr, 0}};

rwkvk_prompt_params with_tools(int32_t form, const char* format = "g1") {
    rwkvk_prompt_params params = rwkvk::prompt_params();
    params.template_name = format;
    params.tools = tools;
    params.tool_count = std::size(tools);
    params.tool_form = form;
    return params;
}

const std::string list_call = "```json\n{\"name\": \"now\", \"arguments\": {}}\n```";

TEST_CASE("NULL for every pointer, and what cannot be called") {
    rwkvk::test::Handles h;
    const rwkvk_tokenizer* const tokenizer = h.tokenizer.handle();
    const Prompt prompt(h.model, h.tokenizer, {{"user", "Hi"}}, with_tools(RWKVK_TOOLS_OF_TEMPLATE));
    const Prompt without(h.model, h.tokenizer, {{"user", "Hi"}});
    rwkvk_grammar* grammar = nullptr;
    CHECK(rwkvk_grammar_calls(nullptr, prompt.handle(), nullptr, &grammar) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_grammar_calls(tokenizer, nullptr, nullptr, &grammar) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_grammar_calls(tokenizer, prompt.handle(), nullptr, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_grammar_calls(tokenizer, without.handle(), nullptr, &grammar) == RWKVK_BAD_ARGUMENT);
    CHECK(h.last_error() == "the prompt has no tools that could be called");
    rwkvk_call_rules rules = rwkvk::call_rules();
    rules.tool = "other";
    CHECK(rwkvk_grammar_calls(tokenizer, prompt.handle(), &rules, &grammar) == RWKVK_BAD_ARGUMENT);
    CHECK(h.last_error() == "the prompt has no tool 'other'");
    CHECK(grammar == nullptr);

    rwkvk_call_reader* reader = nullptr;
    CHECK(rwkvk_call_reader_create(nullptr, &reader) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_call_reader_create(h.runtime.handle(), nullptr) == RWKVK_BAD_ARGUMENT);
    REQUIRE(rwkvk_call_reader_create(h.runtime.handle(), &reader) == RWKVK_OK);
    rwkvk_read_calls read{};
    CHECK(rwkvk_call_reader_take(reader, "x", 1, 0, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_call_reader_take(reader, "x", 1, 0, &read) == RWKVK_BAD_ARGUMENT);  // without its size
    read.size = sizeof read;
    CHECK(rwkvk_call_reader_take(nullptr, "x", 1, 0, &read) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_call_reader_take(reader, nullptr, 1, 0, &read) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_call_reader_take(reader, nullptr, 0, 1, &read) == RWKVK_OK);
    CHECK((read.text_bytes == 0 && read.call_count == 0));
    rwkvk_call_reader_destroy(reader);
    rwkvk_call_reader_destroy(nullptr);
}

TEST_CASE("prompts tell of tools, of calls and of what came back, in the form that is asked for") {
    const Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const std::vector<Message> talk = {
        {"user", "Rain?"}, {"assistant", "I look.", {{"now", "{}"}}}, {"tool", "12:00"}};
    const auto text = [&](const rwkvk_prompt_params& params) {
        return Prompt(model, runtime.tokenizer(), talk, params).text();
    };
    const std::string list = text(with_tools(RWKVK_TOOLS_LIST));
    CHECK(list ==
          "System: Tools: [{\"name\":\"weather\",\"description\":\"of a town\",\"parameters\":"
          "{\"type\": \"object\", \"required\": [\"city\"]}},{\"name\":\"now\",\"parameters\":{}}]\n"
          "Return only a JSON function call.\n\nUser: Rain?\n\nAssistant: I look.\n" +
              list_call + "\n\nUser: Function output:\n12:00\n\nAssistant:");
    CHECK(text(with_tools(RWKVK_TOOLS_OF_TEMPLATE)) == list);
    const std::string markdown = text(with_tools(RWKVK_TOOLS_MARKDOWN));
    CHECK(markdown.find("### `weather`") != markdown.npos);
    CHECK(markdown.find("I look.\n**Tool Call:**\n```json") != markdown.npos);
    CHECK(text(with_tools(RWKVK_TOOLS_OF_TEMPLATE, "tools")).find("### `now`") != markdown.npos);
    for (const auto& wrong : {with_tools(RWKVK_TOOLS_MARKDOWN, "world"), with_tools(3)})
        CHECK_THROWS_AS(text(wrong), rwkvk::Error);
    // Calls are in the history also where no tool may be called any more.
    rwkvk_prompt_params none = with_tools(RWKVK_TOOLS_OF_TEMPLATE);
    none.tool_count = 0;
    CHECK(text(none) == list.substr(list.find("User: Rain?")));
}

TEST_CASE("answers are held to the prompt's tools") {
    const Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    const Prompt prompt(model, tokenizer, {{"user", "Hi"}}, with_tools(RWKVK_TOOLS_LIST));
    rwkvk_call_rules rules = rwkvk::call_rules();
    const auto match = [&](const std::string& text) {
        return call_grammar(tokenizer, prompt, rules).match(text);
    };
    CHECK(match("Hello") == RWKVK_MATCH_WHOLE);
    CHECK(match(list_call) == RWKVK_MATCH_WHOLE);
    CHECK(match(list_call + list_call) == RWKVK_MATCH_NONE);
    rules.has_several = 1;
    CHECK(match(list_call + list_call) == RWKVK_MATCH_WHOLE);
    rules.must_call = 1;
    CHECK(match("Hello") == RWKVK_MATCH_NONE);
    rules.tool = "weather";
    CHECK(match(list_call) == RWKVK_MATCH_NONE);
    const Prompt markdown(model, tokenizer, {{"user", "Hi"}}, with_tools(RWKVK_TOOLS_MARKDOWN));
    CHECK(call_grammar(tokenizer, markdown).match("So.\n**Tool Call:**\n" + list_call) == RWKVK_MATCH_WHOLE);
}

TEST_CASE("a reader tells of text at once and of calls when they are whole") {
    const Runtime runtime;
    CallReader reader(runtime);
    CHECK(reader.take("I lo").text == "I lo");
    CHECK(reader.take("ok. ``").text == "ok. ");
    CHECK(reader.take(list_call.substr(2, 30)).calls.empty());
    const CallReader::Read read = reader.take(list_call.substr(32));
    REQUIRE(read.calls.size() == 1);
    CHECK(read.text.empty());
    CHECK(read.calls[0].name == "now");
    CHECK(read.calls[0].arguments == "{}");
    CHECK(reader.finish().calls.empty());
    CallReader open(runtime);
    CHECK(open.take("```json\n{\"name\": ").text.empty());
    CHECK(open.finish().text == "```json\n{\"name\": ");
}

}  // namespace
