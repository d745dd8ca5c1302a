// Answers in which tools may be called, or must: what they may be, in both forms.
#include "runtime/grammar/call_grammar.h"

#include <doctest/doctest.h>

#include "tests/grammar/grammars.h"
#include "tests/support/refusal.h"

namespace rwkvk {
namespace {

using grammar::Callable;
using grammar::CallRules;
using grammar::Matcher;
using test::check_contains;
using test::refusal_of;
using test::takes;
using text::ToolForm;

const std::string weather_schema =
    R"({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})";
const std::vector<Callable> tools = {{"weather", weather_schema}, {"a \"b\"", "{}"}};

std::shared_ptr<const grammar::Grammar> calls(CallRules rules) {
    if (rules.tools.empty()) rules.tools = tools;
    return make_call_grammar(rules, test::small_vocabulary());
}

const std::string rain = R"({"name": "weather", "arguments": {"city": "Köln"}})";
const std::string fenced = "```json\n" + rain + "\n```";
const std::string headed = "**Tool Call:**\n" + fenced;

/// Behind "Assistant:", where a blank of the model's own comes first.
bool answers(const std::shared_ptr<const grammar::Grammar>& grammar, std::string_view text) {
    Matcher matcher(grammar);
    matcher.begin(text::ReplyStart::answer);
    return matcher.read(text) && matcher.may_end();
}

TEST_CASE("an answer that must be a call is one of a tool's, valid by its schema") {
    const auto list = calls({.form = ToolForm::list, .must_call = true});
    const auto markdown = calls({.form = ToolForm::markdown, .must_call = true});
    CHECK(takes(list, fenced));
    CHECK(takes(markdown, headed));
    CHECK(takes(list, R"(```json
{
  "name": "a \"b\"",
  "arguments": [1, {"x": null}]
}
```)"));
    for (const std::string& wrong : {std::string("No."), std::string(), rain, fenced + "\n" + fenced,
                                     fenced + " So.", std::string(R"(```json
{"name": "weather", "arguments": {}}
```)"),
                                     std::string(R"(```json
{"name": "other", "arguments": {"city": "Köln"}}
```)"),
                                     std::string(R"(```json
{"arguments": {"city": "Köln"}, "name": "weather"}
```)")}) {
        CAPTURE(wrong);
        CHECK(!takes(list, wrong));
        CHECK(!takes(markdown, "**Tool Call:**\n" + wrong));
    }
    CHECK(!takes(markdown, fenced));
    CHECK(!takes(list, headed));
}

TEST_CASE("several calls follow one another where they may") {
    for (const bool must : {false, true}) {
        const auto list = calls({.form = ToolForm::list, .must_call = must, .has_several = true});
        const auto markdown = calls({.form = ToolForm::markdown, .must_call = must, .has_several = true});
        CHECK(takes(list, fenced));
        CHECK(takes(list, fenced + "\n" + fenced + fenced));
        CHECK(takes(markdown, headed + "\n" + headed));
        CHECK(!takes(list, fenced + "\nno"));
        CHECK(!takes(markdown, headed + "\n" + fenced));
    }
}

TEST_CASE("where text will do, a call that is begun is held to its schema") {
    const auto list = calls({.form = ToolForm::list});
    const auto markdown = calls({.form = ToolForm::markdown});
    for (const std::string& text :
         {std::string(), std::string("Rain? \n\nNo."), std::string("```"), std::string("```json\n{"),
          std::string("```json\n{\"name"), std::string("```json\n{\"city\": \"Paris\"}\n``` it is"),
          std::string("**Tool Call"), std::string("***Tool Calls:**"), std::string("日本")}) {
        CAPTURE(text);
        CHECK(answers(list, " " + text));
        CHECK(answers(markdown, " " + text));
    }
    CHECK(!takes(list, "\xff"));
    for (const std::string before : {"", " ", "  ", "\n", " \n\n"}) {
        CAPTURE(before);
        CHECK(answers(list, before + fenced));
        CHECK(!answers(list, before + "```json\n{\"name\": \"other\""));
        CHECK(!answers(list, before + fenced + "\n" + fenced));
    }
    CHECK(takes(list, "So: " + fenced + " and on"));  // text, since lists have calls at the beginning only
    for (const std::string before : {"", " ", "I look.\n", "*", "**", "**Tool ", "***"}) {
        CAPTURE(before);
        CHECK(answers(markdown, before + headed));
        CHECK(!answers(markdown, before + headed + "!"));
        CHECK(!answers(markdown, before + "**Tool Call:** it is"));
    }
}

TEST_CASE("schemas that are not supported hold strict tools only") {
    const Callable odd{"odd", R"({"type": "object", "not": {}})"};
    const auto any = calls({.tools = {odd}, .form = ToolForm::list, .must_call = true});
    CHECK(takes(any, "```json\n{\"name\": \"odd\", \"arguments\": {\"x\": 1}}\n```"));
    CHECK(!takes(any, "```json\n{\"name\": \"odd\", \"arguments\": 1}\n```"));
    Callable strict = odd;
    strict.is_strict = true;
    check_contains(
        refusal_of([&] { calls({.tools = {strict}, .form = ToolForm::list}); }, Code::bad_argument),
        "parameters of the tool 'odd': JSON schema, '#': the keyword 'not'");
    check_contains(refusal_of(
                       [&] {
                           calls({.tools = {odd, odd}, .form = ToolForm::list});
                       },
                       Code::bad_argument),
                   "two tools are called 'odd'");
}

TEST_CASE("names of rules tell them apart") {
    const CallRules rules{.tools = tools, .form = ToolForm::list};
    CallRules other = rules;
    CHECK(name_of(rules) == name_of(other));
    std::vector<CallRules> all = {rules};
    other.must_call = true;
    all.push_back(other);
    other.has_several = true;
    all.push_back(other);
    other.form = ToolForm::markdown;
    all.push_back(other);
    other.tools[0].is_strict = true;
    all.push_back(other);
    other.tools[0].parameters = "{}";
    all.push_back(other);
    other.tools[0].name = "w";
    all.push_back(other);
    for (size_t i = 0; i < all.size(); ++i) {
        for (size_t j = 0; j < i; ++j) CHECK(name_of(all[i]) != name_of(all[j]));
    }
}

}  // namespace
}  // namespace rwkvk
