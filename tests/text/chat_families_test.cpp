// Prompts of the families of models, byte for byte as their makers write them.
#include <doctest/doctest.h>

#include <tuple>

#include "runtime/model/vocabulary_file.h"
#include "runtime/text/chat_template.h"
#include "runtime/text/json_text.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using test::check_contains;
using test::refusal_of;

const std::vector<Tool> tools = {
    {"weather", "Says how it is\nout there",
     R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})"},
    {"now", "", ""}};

/// What stands in the system text of conversations with these tools.
constexpr const char* tool_lines = R"(### `weather`
**Description:** Says how it is
out there
**Parameters:**
```json
{
  "type": "object",
  "properties": {
    "city": {
      "type": "string"
    }
  },
  "required": [
    "city"
  ]
}
```
### `now`
**Parameters:**
```json
{}
```
To call one of these tools, write exactly this format:
**Tool Call:**
```json
{"name": "tool_name", "arguments": {"key": "value"}}
```
Do not invent tool call IDs or write tool outputs yourself.)";

const std::vector<ToolCall> calls = {{"weather", R"({"city": "Köln"})"}, {"now", ""}};

constexpr const char* call_lines = R"(**Tool Call:**
```json
{
  "name": "weather",
  "arguments": {
    "city": "Köln"
  }
}
```
**Tool Call:**
```json
{
  "name": "now",
  "arguments": {}
}
```)";

TEST_CASE("prompts of each family and way of thinking") {
    const struct {
        const char* family;
        Thinking thinking;
        const char* prompt;
    } cases[] = {
        {"world", Thinking::none, "System: Be brief.\n\nUser: Hi\n\nAssistant:"},
        {"g1", Thinking::none, "System: Be brief.\n\nUser: Hi\n\nAssistant:"},
        {"g1", Thinking::fast, "System: Be brief.\n\nUser: Hi\n\nAssistant: <think>\n</think"},
        {"g1", Thinking::free, "System: Be brief.\n\nUser: Hi\n\nAssistant: <think"},
        {"bot", Thinking::none, "System✿Be brief.✿\nUser✿Hi✿\nBot✿"},
        {"bot", Thinking::fast, "System✿Be brief.✿\nUser✿Hi✿\nBot✿<think></think"},
        {"bot", Thinking::free, "System✿Be brief.✿\nUser✿Hi✿\nBot✿<think"},
        {"tools", Thinking::none, "### System\nBe brief.\n### User\nHi\n### Assistant\n"},
        {"tools", Thinking::fast, "### System\nBe brief.\n### User\nHi\n### Assistant\n<think></think"},
        {"tools", Thinking::free, "### System\nBe brief.\n### User\nHi\n### Assistant\n<think"},
        {"chatml", Thinking::none,
         "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"},
    };
    for (const auto& [family, thinking, prompt] : cases) {
        CAPTURE(prompt);
        const ChatTemplate& format = chat_template(family);
        CHECK(format.opening("Be brief.").add(format.user_turn("Hi", thinking)).text() == prompt);
    }
}

TEST_CASE("a history of each family") {
    const struct {
        const char *family, *turn;
    } cases[] = {
        {"world", "User: Hi\n\nAssistant: Hello.\n\nHow are you?\n\n"},
        {"g1", "User: Hi\n\nAssistant: Hello.\n\nHow are you?\n\n"},
        {"bot", "User✿Hi✿\nBot✿Hello.\n\nHow are you?✿\n"},
        {"tools", "### User\nHi\n### Assistant\nHello.\n\nHow are you?\n"},
        {"chatml",
         "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.\n\nHow are you?<|im_end|>\n"},
    };
    for (const auto& [family, turn] : cases) {
        const ChatTemplate& format = chat_template(family);
        CHECK(format.past_turn(" Hi ", "Hello.\n\nHow are you?\n").text() == turn);
        CHECK(format.opening("").text().empty());
    }
}

TEST_CASE("tools: their list, calls of the past, results, and the next prompt") {
    const ChatTemplate& format = chat_template("tools");
    CHECK(format.opening("Be brief.", tools).text() == concat("### System\nBe brief.\n", tool_lines, "\n"));
    CHECK(format.opening("", tools).text() == concat("### System\n", tool_lines, "\n"));
    CHECK(format.past_answer("I look.", calls).text() ==
          concat("### Assistant\nI look.\n", call_lines, "\n"));
    CHECK(format.past_answer("", calls).text() == concat("### Assistant\n", call_lines, "\n"));
    CHECK(format.tool_result(R"({"sky":"grey","wind":[1,2]})").text() ==
          "### Tool Output\n```json\n{\n  \"sky\": \"grey\",\n  \"wind\": [\n    1,\n    2\n  ]\n}\n```\n");
    CHECK(format.tool_result("no \"such\"\ncity").text() ==
          "### Tool Output\n```json\n\"no \\\"such\\\"\\ncity\"\n```\n");
    for (const auto& [thinking, end] :
         {std::pair(Thinking::none, ""), std::pair(Thinking::fast, "<think></think"),
          std::pair(Thinking::free, "<think")}) {
        CHECK(format.tool_result("{}").add(format.call_for_answer(thinking)).text() ==
              concat("### Tool Output\n```json\n{}\n```\n### Assistant\n", end));
    }
}

TEST_CASE("tools in the classic family") {
    const ChatTemplate& format = chat_template("g1");
    CHECK(format.opening("Be\n\nbrief.", tools).text() ==
          R"(System: Be
brief.
Tools: [{"name":"weather","description":"Says how it is\nout there","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}},{"name":"now","parameters":{}}]
Return only a JSON function call.

)");
    CHECK(format.past_answer("I look.", calls).text() == R"(Assistant: I look.
```json
{"name": "weather", "arguments": {"city": "Köln"}}
```
```json
{"name": "now", "arguments": {}}
```

)");
    CHECK(format.tool_result(" {\"time\": 7}\n").text() == "User: Function output:\n{\"time\": 7}\n\n");
    for (const auto& [thinking, end] :
         {std::pair(Thinking::none, ""), std::pair(Thinking::fast, " <think>\n</think"),
          std::pair(Thinking::free, " <think")}) {
        CHECK(format.tool_result("{}").add(format.call_for_answer(thinking)).text() ==
              concat("User: Function output:\n{}\n\nAssistant:", end));
    }
}

TEST_CASE("with tools the bot family's models are asked in the tools family's words") {
    CHECK(chat_template_with_tools(chat_template("bot")).name() == "tools");
    CHECK(chat_template_with_tools(chat_template("tools")).name() == "tools");
    CHECK(chat_template_with_tools(chat_template("g1")).name() == "g1");
    for (const char* family : {"world", "raven", "chatml", "plain"}) {
        const ChatTemplate& format = chat_template(family);
        const auto refused = [](const auto& call) { return refusal_of(call, Code::bad_argument); };
        check_contains(refused([&] { chat_template_with_tools(format); }), "template tools or g1");
        check_contains(refused([&] { format.opening("x", tools); }), family);
        check_contains(refused([&] { format.past_answer("x", calls); }), family);
    }
}

TEST_CASE("stop strings and sampling of each family") {
    using Strings = std::vector<std::string>;
    CHECK(chat_template("g1").stop_strings() ==
          Strings{"\n\nUser:", "\n\nSystem:", "\n\nAssistant:", "\nUser:"});
    CHECK(chat_template("bot").stop_strings() == Strings{"✿"});
    CHECK(chat_template("tools").stop_strings() == Strings{"\n### User", "\n### Tool Output"});
    CHECK(chat_template("chatml").stop_strings() == Strings{"<|im_end|>", "<|endoftext|>"});
    const auto values = [](const SamplerParams& p) {
        return std::tuple(p.temperature, p.top_p, p.top_k, p.penalties.presence, p.penalties.frequency,
                          p.penalties.decay);
    };
    const ChatTemplate &bot = chat_template("bot"), &with_tools = chat_template("tools");
    CHECK(values(bot.sampling(Thinking::free)) == std::tuple(0.96f, 0.76f, 32u, 1.0f, 0.1f, 0.988f));
    CHECK(values(bot.sampling(Thinking::fast)) == std::tuple(1.0f, 0.28f, 32u, 0.0f, 0.0f, 0.996f));
    CHECK(values(with_tools.sampling()) == std::tuple(0.96f, 0.76f, 32u, 0.0f, 0.0f, 0.996f));
    CHECK(values(with_tools.sampling(Thinking::free)) == values(with_tools.call_sampling()));
    CHECK(values(chat_template("g1").call_sampling()) == values(with_tools.call_sampling()));
}

TEST_CASE("the bot family knows thinking on or off, and no flower but its own") {
    const ChatTemplate& bot = chat_template("bot");
    CHECK(bot.reply_start(Thinking::free) == ReplyStart::open_tag);
    CHECK(bot.reply_start(Thinking::fast) == ReplyStart::close_tag);
    check_contains(refusal_of([&] { bot.user_turn("x", Thinking::a_lot); }, Code::bad_argument), "'lot'");
    CHECK(bot.past_turn("a✿\nBot✿b", "c✿d").text() == "User✿a\nBotb✿\nBot✿cd✿\n");
    CHECK(bot.opening("✿").text().empty());
    CHECK(bot.user_turn("\xe2\x9c✿\xbf").text() == "User✿✿\nBot✿");  // taking one out makes another
    CHECK(bot.opening("One.\n\nTwo.\n").text() == "System✿One.\n\nTwo.✿\n");
    CHECK(bot.user_turn("One.\r\n\r\nTwo.\n").text() == "User✿One.\nTwo.✿\nBot✿");
}

TEST_CASE("in the World vocabulary what parts turns of the bot family is one token") {
    const auto file = test::reference("golden/tokenizer/rwkv_vocab_v20230424.txt");
    if (!file) return;
    const auto tokenizer = open_vocabulary(file->string());
    const auto ids = [&](Thinking thinking) {
        return chat_template("bot").user_turn("hi", thinking).encode(*tokenizer);
    };
    CHECK(tokenizer->encode("✿") == std::vector<Token>{10060});
    CHECK(ids(Thinking::none) == std::vector<Token>{24281, 10060, 1922, 10060, 11, 5645, 10060});
    CHECK(ids(Thinking::free) == std::vector<Token>{24281, 10060, 1922, 10060, 11, 5645, 10060, 61, 35762});
    CHECK(ids(Thinking::fast) ==
          std::vector<Token>{24281, 10060, 1922, 10060, 11, 5645, 10060, 61, 35762, 5439, 35762});
}

TEST_CASE("the template in the model's file decides before its name") {
    const auto chosen = [](std::string_view declared, const char* name = "rwkv7-g1k-1.5b",
                           uint32_t rows = 65536) { return chat_template_for(name, "7.0", rows, declared); };
    CHECK(chosen("").format.name() == "g1");
    CHECK(!chosen("").by_file);
    CHECK(!chosen("").declares_unknown);
    CHECK(chosen("{{ label + '✿' + message.content + '✿' }} ### User Assistant:").format.name() == "bot");
    CHECK(chosen("['### User', message.content] Assistant:").format.name() == "tools");
    CHECK(chosen("['### User', message.content]").by_file);
    CHECK(chosen("{{ '<|im_start|>user' }}", "m", 151936).format.name() == "chatml");
    CHECK(chosen("rwkv-world").format.name() == "g1");
    CHECK(!chosen("rwkv-world").declares_unknown);
    CHECK(chosen("[INST] {{ x }} [/INST]").declares_unknown);
    CHECK(chosen("[INST] {{ x }} [/INST]").format.name() == "g1");
    CHECK(!chosen("[INST] {{ x }} [/INST]").by_file);
    CHECK(chosen(" \n[INST] {{ x }}\nmore").declared == "'[INST] {{ x }}'");
    CHECK(chosen("\n").declared.empty());
    CHECK(!chosen("\n").declares_unknown);
}

TEST_CASE("JSON is indented as Python does it") {
    CHECK(indented_json("{\"a\":[],\"b\" : { } ,\"c\":\"x, {y}: \\\"\",\"d\":-1.5e3}") ==
          "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": \"x, {y}: \\\"\",\n  \"d\": -1.5e3\n}");
    CHECK(indented_json(" [1, [2,\n3] ] ") == "[\n  1,\n  [\n    2,\n    3\n  ]\n]");
    for (const char* other : {"", "7", "plain text", "{\"a\": 1", "{} {}", "]", "{\"a\": \"}"})
        CHECK(indented_json(other) == other);
    CHECK(indented_json("{not  json}") == "{\n  not json\n}");
    const std::string deep(1000, '['), deeper = deep + std::string(1000, ']');
    CHECK(indented_json(deeper) == deeper);
    CHECK(json_string("a\"\\\n\x01ü") == "\"a\\\"\\\\\\n\\u0001ü\"");
    CHECK(json_string("\b\f\n\r\t\v") == R"("\b\f\n\r\t\u000b")");
}

const std::string own = R"(# Mine
system = "<s>{text}</s>\n"
user = "[Q] {text}\n"
answer = "[A] {text}\n"
)";

TEST_CASE("Jinja is the known template that it is, or none") {
    CHECK(parse_chat_template("{%- if x %}<|im_start|>{% endif %}", "x.jinja").name() == "chatml");
    CHECK(parse_chat_template("{% for m in l %}### User{% endfor %}", "x.jinja").name() == "tools");
    CHECK(
        refusal_of([] { parse_chat_template("{% if x %}[INST]{% endif %}", "x.jinja"); }, Code::bad_argument)
            .starts_with("x.jinja: a Jinja template that is not known here"));
}

TEST_CASE("a template of one's own") {
    const ChatTemplate format = parse_chat_template(own + "stop = \"\\t\\\"\\\\\"\r\n", "mine");
    CHECK(format.name() == "mine");
    CHECK(format.opening("Be brief.").text() == "<s>Be brief.</s>\n");
    CHECK(format.user_turn("One.\n\nTwo.").text() == "[Q] One.\n\nTwo.\n[A]");
    CHECK(format.past_turn("One.", "Two.\n").text() == "[Q] One.\n[A] Two.\n");
    CHECK(format.after_answer() == "\n");
    CHECK(format.stop_strings() == std::vector<std::string>{"\n[Q]", "\t\"\\"});
    CHECK(!format.can_think());
    CHECK(!format.has_tools());
    const ChatTemplate blank = parse_chat_template(
        "answer = \"Bot: {text}\\n\\n\"\nuser=\"Me: {text}\\n\\n\"\n  system  =  \"{text}\\n\\n\"", "t");
    CHECK(blank.user_turn("One.\n\nTwo.").text() == "Me: One.\nTwo.\n\nBot:");
    CHECK(blank.stop_strings() == std::vector<std::string>{"\n\nMe:"});
    const ChatTemplate marked =
        parse_chat_template("system = \"{text}|\"\nuser = \"{text}|\"\nanswer = \"{text}|\"", "t");
    CHECK(marked.stop_strings() == std::vector<std::string>{"|"});
    CHECK(marked.past_turn("a|b", "c").text() == "ab|c|");
}

TEST_CASE("what is no template of one's own is refused with the line") {
    const auto refused = [](const std::string& text) {
        return refusal_of([&] { parse_chat_template(text, "my.file"); }, Code::bad_argument);
    };
    check_contains(refused(""), "my.file, line 1: expected a line system");
    check_contains(refused("user = \"{text}\"\nanswer = \"{text}\"\n"), "system = ");
    check_contains(refused(own + "user = \"{text}\"\n"), "my.file, line 5: a second user");
    check_contains(refused(own + "tool = \"{text}\"\n"), "line 5: expected system, user, answer or stop");
    check_contains(refused(own + "nonsense"), "line 5: expected system");
    check_contains(refused("user = {text}"), "double quotes, found '{text}'");
    check_contains(refused("user = \"text\""), "expected {text} once");
    check_contains(refused("user = \"{text}{text}\""), "expected {text} once");
    check_contains(refused("user = \"{text}\\x\""), "found '\\x'");
    check_contains(refused("user = \"{text}\\\""), "found '\\'");
    check_contains(refused("user = \"a\"{text}\""), "quote inside");
    check_contains(refused("stop = \"\""), "empty stop string");
    check_contains(refused("# \xff"), "UTF-8");
    check_contains(refused(std::string(20000, '#')), "at most 16384 bytes");
    std::string many = own;
    for (int i = 0; i < 40; ++i) many += "stop = \"x\"\n";
    check_contains(refused(many), "more than 32 stop strings");
}

}  // namespace
