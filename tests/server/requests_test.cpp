// Requests as the server reads them: fields, sampling, prompts; who may ask.
#include <doctest/doctest.h>

#include "api/access.h"
#include "api/api_error.h"
#include "api/grammar_fields.h"
#include "api/openai.h"
#include "api/path_pattern.h"
#include "api/schema_texts.h"
#include "api/transcript.h"
#include "tests/server/loaded_model.h"

namespace rwkvk::server {
namespace {

using nlohmann::json;

TEST_CASE("a body is one JSON object, not too deep") {
    CHECK(parse_object("{\"a\": 1}").at("a") == 1);
    for (const char* const body : {"", "3", "[]", "{", "{\"a\": 1} x", "{\"a\": \"\xff\"}", "nan"})
        CHECK(refusal_of([&] { parse_object(body); }).status == 400);
    const auto nested = [](size_t levels) {
        return "{\"a\":" + std::string(levels, '[') + std::string(levels, ']') + "}";
    };
    CHECK(parse_object(nested(60)).size() == 1);
    CHECK(std::string(refusal_of([&] { parse_object(nested(70)); }).what()).find("64 levels") !=
          std::string::npos);
    CHECK(refusal_of([&] { parse_object(nested(1000000)); }).status == 400);
}

TEST_CASE("names in a pattern stand for whole parts of a path") {
    using Parts = std::vector<std::string>;
    CHECK(match_path("/a/{id}/b/{item}", "/a/1/b/x y") == Parts{"1", "x y"});
    CHECK(match_path("/a", "/a") == Parts{});
    for (const char* const other : {"/a", "/a/", "/a//b", "/a/1/b", "/a/1/2", "", "/b/1"})
        CHECK_FALSE(match_path("/a/{id}", other));
}

TEST_CASE("fields are checked by type and range; null is absent") {
    const json object = {{"n", 3},           {"whole", 3.0},    {"half", 0.5},         {"text", "a"},
                         {"yes", true},      {"none", nullptr}, {"texts", {"a", "b"}}, {"huge", 1e300},
                         {"big", UINT64_MAX}};
    const Fields fields(object, "x.");
    CHECK(fields.integer("n", 0, 3) == 3);
    CHECK(fields.integer("whole", 0, 3) == 3);
    CHECK(fields.number("half", 0, 1) == 0.5);
    CHECK(fields.text("text") == "a");
    CHECK(fields.boolean("yes") == true);
    CHECK(!fields.integer("none", 0, 1));
    CHECK(!fields.integer("absent", 0, 1));
    CHECK(fields.texts("texts", 2).size() == 2);
    CHECK(fields.texts("text", 1) == std::vector<std::string>{"a"});
    for (const char* const name : {"half", "text", "yes", "huge", "big"})
        CHECK(refusal_of([&] { fields.integer(name, 0, INT64_MAX); }).status == 400);
    CHECK(std::string(refusal_of([&] { fields.integer("n", 0, 2); }).what()) ==
          "x.n: expected a whole number from 0 to 2, found 3");
    CHECK(refusal_of([&] { fields.texts("texts", 1); }).status == 400);
    CHECK(refusal_of([&] { Fields(json(3), "messages[0]."); }).what() ==
          std::string("messages[0]: expected an object, found 3"));
}

TEST_CASE("sampling fields change what they name, and nothing else") {
    const Runtime runtime;
    const Tokenizer tokenizer = runtime.tokenizer();
    rwkvk_sampler_params own = sampler_params();
    own.temperature = 0.7f;
    own.top_p = 0.4f;
    const auto read = [&](const json& body) {
        return read_sampling(Fields(body), own, std::nullopt, tokenizer);
    };
    const Sampling some =
        read({{"temperature", 0.25}, {"seed", 7}, {"top_k", -1}, {"logit_bias", {{"65", 2}, {"B", -100}}}});
    CHECK(some.params.temperature == 0.25f);
    CHECK(some.params.top_p == 0.4f);
    CHECK(some.params.top_k == 0);
    CHECK(some.params.seed == 7);
    REQUIRE(some.biases.size() == 2);
    CHECK(some.biases[0] == std::pair<Token, float>(65, 2.0f));
    CHECK(some.biases[1] == std::pair<Token, float>('B', -INFINITY));
    CHECK(read({{"logit_bias", json::array({json::array({65, 1.5}), json::array({"ab", false})})}})
              .biases.size() == 3);
    CHECK(read(json::object()).params.seed != read(json::object()).params.seed);
    for (const json& wrong : std::initializer_list<json>{{{"temperature", -1}},
                                                         {{"top_p", 2}},
                                                         {{"seed", 1.5}},
                                                         {{"sampler_order", "x"}},
                                                         {{"logit_bias", 3}},
                                                         {{"logit_bias", {{"300", 1}}}},
                                                         {{"logit_bias", {{"65", "x"}}}},
                                                         {{"logit_bias", json::array({3})}}})
        CHECK(refusal_of([&] { read(wrong); }).status == 400);
}

TEST_CASE("tokens are scored where a request asks for it") {
    const Loaded loaded = make_loaded();
    const auto chat = [&](json body) {
        body["messages"] = json::array({{{"role", "user"}, {"content", "Hi"}}});
        return read_chat_job(body, loaded, {});
    };
    CHECK(!chat(json::object()).alternatives);
    CHECK(!chat({{"logprobs", false}, {"top_logprobs", 0}}).alternatives);
    CHECK(chat({{"logprobs", true}}).alternatives == 0);
    CHECK(chat({{"logprobs", true}, {"top_logprobs", 20}}).alternatives == 20);
    for (const json& wrong : std::initializer_list<json>{
             {{"logprobs", 3}}, {{"top_logprobs", 2}}, {{"logprobs", true}, {"top_logprobs", 21}}})
        CHECK(refusal_of([&] { chat(wrong); }).status == 400);
    const auto complete = [&](json body) {
        body["prompt"] = "Hi";
        return read_completion_job(body, loaded, {});
    };
    CHECK(!complete(json::object()).alternatives);
    CHECK(!complete({{"echo", true}}).scores_prompt);
    CHECK(complete({{"logprobs", 0}}).alternatives == 0);
    CHECK(!complete({{"logprobs", 5}}).scores_prompt);
    CHECK(complete({{"logprobs", 5}, {"echo", true}}).scores_prompt);
    for (const json& wrong : {json(true), json(21), json(-1)})
        CHECK(refusal_of([&] { complete({{"logprobs", wrong}}); }).status == 400);
}

TEST_CASE("the tokens that a text is made of, whatever was left out or is held back") {
    UntoldTokens untold;
    const auto add = [&](Token id, const char* text) { untold.add({id, -1, {}}, text); };
    const auto ids = [&](const char* told) {
        std::vector<Token> all;
        for (const ScoredToken& scored : untold.take(told)) all.push_back(scored.token);
        return all;
    };
    using Ids = std::vector<Token>;
    add(1, ">");
    add(2, "\n");
    add(3, "He");
    CHECK(ids("He") == Ids{3});
    add(4, "l");
    add(5, "lo");
    CHECK(ids("l") == Ids{4});
    CHECK(ids("") == Ids{});
    CHECK(ids("lo") == Ids{5});
    add(6, "\xe4\xbd");
    add(7, "\xa0.");
    CHECK(ids("\xe4\xbd\xa0") == Ids{6});
    add(8, "\n\nUser:");
    CHECK(ids(".") == Ids{7});
    CHECK(untold.text() == "\n\nUser:");
    CHECK(ids("something else") == Ids{});
    CHECK(untold.text().empty());
    add(9, "a");
    CHECK(ids("a") == Ids{9});
}

TEST_CASE("what may become a call is held back, with its scores") {
    const Loaded loaded = make_loaded();
    Job job;
    job.reads_calls = true;
    Transcript transcript(loaded, job);
    rwkvk_engine_event event{};
    event.kind = RWKVK_EVENT_PIECE;
    event.reasoning = "";
    const std::string answer = "So `a`.```json\n{\"name\": \"f\", \"arguments\": {\"x\": 1}}\n```";
    std::string text;
    std::vector<Token> scored;
    size_t calls = 0;
    const auto add = [&](const std::optional<Said>& said) {
        if (!said) return;
        CHECK(said->calls_before == calls);
        text += said->text;
        calls += said->calls.size();
        for (const ScoredToken& each : said->scores) scored.push_back(each.token);
    };
    for (const char& c : answer) {
        event.token = static_cast<Token>(c);
        event.text = &c;
        event.text_bytes = 1;
        add(transcript.take(event));
    }
    event.kind = RWKVK_EVENT_DONE;
    event.text_bytes = 0;
    event.end = RWKVK_DONE_STOP;
    add(transcript.take(event));
    CHECK(text == "So `a`.");
    CHECK(calls == 1);
    CHECK(std::string(scored.begin(), scored.end()) == answer);
    const Choice& choice = transcript.choice();
    CHECK(choice.text == text);
    REQUIRE(choice.calls.size() == 1);
    CHECK(choice.calls[0].of.arguments == "{\"x\": 1}");
    CHECK(choice.calls_tools());
    CHECK(choice.scores.size() == answer.size());
}

TEST_CASE("schemas in requests are texts with their members in order") {
    const json request = parse_request(
        R"({"tools": [{"function": {"parameters": {"z": 1, "a": 2}}}, {"parameters": {"z": 1, "a": 2}}, 3], )"
        R"("format": {"z": {"y": 1, "b": 2}, "a": 2}, "z": {"z": 1, "a": 2}})");
    CHECK(request["tools"][0]["function"]["parameters"] == R"({"z":1,"a":2})");
    CHECK(request["tools"][1]["parameters"] == R"({"z":1,"a":2})");
    CHECK(request["format"] == R"({"z":{"y":1,"b":2},"a":2})");
    CHECK(request["z"] == json({{"a", 2}, {"z", 1}}));
    const auto wide = [](int members) {
        json object;
        for (int i = 0; i < members; ++i) object[std::to_string(i)] = {{"x", i}};
        return object.dump();
    };
    CHECK(parse_request(R"({"logit_bias": )" + wide(2000) + R"(, "format": )" + wide(1000) + "}").size() ==
          2);
    CHECK(refusal_of([&] { parse_request(R"({"tools": [{"parameters": )" + wide(1001) + "}]}"); }).status ==
          400);
    for (const char* const other : {"[]", "{", "3"})
        CHECK(refusal_of([&] { parse_request(other); }).status == 400);
    CHECK(parse_request(R"({"tools": {"0": {"parameters": {}}}, "format": null})").size() == 2);
}

TEST_CASE("a stop that ended an answer is told from the end of a text") {
    const Loaded loaded = make_loaded();
    Job job;
    job.stops = {"X", "\n\n"};
    const auto stopped_by = [&](const std::string& text, int32_t end) {
        Transcript transcript(loaded, job);
        rwkvk_engine_event event{};
        event.kind = RWKVK_EVENT_PIECE;
        event.reasoning = "";
        for (const char c : text) {
            event.token = static_cast<Token>(c);
            event.text = c == 'a' ? "a" : "";
            event.text_bytes = c == 'a';
            transcript.take(event);
        }
        event.kind = RWKVK_EVENT_DONE;
        event.text_bytes = 0;
        event.end = end;
        transcript.take(event);
        return transcript.choice().stopped_by;
    };
    CHECK(stopped_by("aa", RWKVK_DONE_STOP).empty());
    CHECK(stopped_by("aa\n\n", RWKVK_DONE_STOP) == "\n\n");
    CHECK(stopped_by("aX", RWKVK_DONE_STOP) == "X");
    CHECK(stopped_by("a\n", RWKVK_DONE_LENGTH).empty());
}

TEST_CASE("prompts of completions are texts, ids, and lists of them") {
    const Loaded loaded = make_loaded();
    const auto read = [&](const json& prompt) {
        return read_completion_job({{"prompt", prompt}}, loaded, {}).prompts;
    };
    const std::vector<Token> hi = {'H', 'i'};
    CHECK(read("Hi").at(0).tokens == hi);
    CHECK(read({72, 105}).at(0).tokens == hi);
    CHECK(read(json::array({"Hi", "Ho"})).size() == 2);
    CHECK(read(json::array({json::array({72, 105}), "Hi"})).at(1).tokens == hi);
    CHECK(read(json::array({json::array({"H", 105})})).at(0).tokens == hi);
    CHECK(read({{"prompt_string", "Hi"}}).at(0).tokens == hi);
    CHECK(read(json::array({json::array({72, 105}), {{"prompt_string", "Hi"}}})).at(1).tokens == hi);
    for (const json& wrong : std::initializer_list<json>{"",
                                                         json::array(),
                                                         3,
                                                         {{"a", 1}},
                                                         {{"prompt_string", ""}},
                                                         json::array({json::array()}),
                                                         json::array({-1}),
                                                         json::array({1.5}),
                                                         json::array({true})})
        CHECK(refusal_of([&] { read(wrong); }).status == 400);
    CHECK(refusal_of([&] { read(json(std::vector<std::string>(65, "a"))); }).status == 400);
    const Job job =
        read_completion_job({{"prompt", "Hi"}, {"max_tokens", 50000}}, loaded, {.max_tokens = 100});
    CHECK(job.max_tokens == 100);
    CHECK(read_completion_job({{"prompt", "Hi"}}, loaded, {}).max_tokens == 16);
}

TEST_CASE("grammars and schemas are read as they stand in the body") {
    const Runtime runtime;
    const Tokenizer tokenizer = runtime.tokenizer();
    const auto read = [&](const std::string& body) {
        const json request = parse_request(body);
        return read_grammar(Fields(request), tokenizer);
    };
    for (const char* const none :
         {"{}", R"({"grammar": "", "json_schema": null, "response_format": {"type": "text"}})"})
        CHECK(read(none) == nullptr);
    // Keys of objects are sorted elsewhere.
    const std::string schema =
        R"({"properties": {"z": {"const": 1}, "a": {"const": 2}}, "required": ["a", "z"]})";
    for (const std::string& body :
         {R"({"json_schema": )" + schema + "}",
          R"({"response_format": {"type": "json_object", "schema": )" + schema + "}}",
          R"({"response_format": {"type": "json_schema", "json_schema": {"schema": )" + schema + "}}}"}) {
        CHECK(read(body)->match(R"({"z":1,"a":2})") == RWKVK_MATCH_WHOLE);
        CHECK(read(body)->match(R"({"a":2,"z":1})") == RWKVK_MATCH_NONE);
    }
    CHECK(read(R"({"response_format": {"type": "json_object"}})")->match("{}") == RWKVK_MATCH_WHOLE);
    CHECK(read(R"({"response_format": {"type": "json_object"}})")->match("[") == RWKVK_MATCH_NONE);
    CHECK(read(R"({"grammar": "root ::= \"x\"", "response_format": {"type": "text"}})")->match("x") ==
          RWKVK_MATCH_WHOLE);
    for (const char* const wrong :
         {R"({"grammar": 3})", R"({"response_format": 3})", R"({"response_format": {"type": "xml"}})",
          R"({"response_format": {"type": "json_schema"}})",
          R"({"grammar": "root ::= \"x\"", "json_schema": {}})"})
        CHECK(refusal_of([&] { read(wrong); }).status == 400);
    CHECK_THROWS_WITH_AS(read(R"({"json_schema": {"minimum": 1}})"),
                         "JSON schema, '#': the keyword 'minimum' is not supported here", rwkvk::Error);
}

TEST_CASE("keys are read from lines and compared whole") {
    const std::vector<ApiKey> keys = read_keys("# who\nabc\n\n def   Ada # a name\n", "keys");
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].secret == "abc");
    CHECK(keys[1].name == "Ada");
    CHECK_THROWS_WITH(read_keys("a b c", "keys"), doctest::Contains("keys, line 1"));
    CHECK_THROWS_WITH(read_keys("\n", "keys"), doctest::Contains("at least one key"));
    CHECK(same_secret("abc", "abc"));
    for (const char* const other : {"", "ab", "abd", "abcd", "abcabc"}) CHECK(!same_secret(other, "abc"));
    CHECK(!same_secret("a", ""));
}

TEST_CASE("who may ask is decided from the head") {
    const auto status = [](const AccessRules& rules, const http::Head& head) {
        const auto refusal = Access(rules).judge(head);
        return refusal ? refusal->status : 200;
    };
    http::Head head;
    head.method = "GET";
    head.path = "/v1/models";
    head.host = "localhost:8080";
    const AccessRules open, with_key{.keys = {{"k", "Ada"}}},
        elsewhere{.keys = {{"k", ""}}, .loopback = false};
    CHECK(status(open, head) == 200);
    CHECK(status(with_key, head) == 401);
    http::Head known = head;
    known.authorization = "bearer k";
    CHECK(status(with_key, known) == 200);
    CHECK(Access(with_key).owner_of(known) == "Ada");
    known.authorization = "Basic k";
    known.api_key = "k";
    CHECK(status(with_key, known) == 200);
    head.path = "/health";
    CHECK(status(with_key, head) == 200);
    for (const char* const host : {"127.0.0.1", "[::1]:80", "10.0.0.3:1", "a.localhost", "LOCALHOST"}) {
        head.host = host;
        CHECK(status(open, head) == 200);
    }
    for (const char* const host : {"", "example.org", "localhost.example.org", "127.0.0.1.example.org"}) {
        head.host = host;
        CHECK(status(open, head) == 403);
        CHECK(status({.allowed_hosts = {"example.org"}}, head) ==
              (std::string(host) == "example.org" ? 200 : 403));
        CHECK(status(elsewhere, head) == 200);  // public, and a key guards the rest
    }
    head.host = "localhost:8080";
    head.origin = "http://localhost:8080";
    head.method = "POST";
    CHECK(status(open, head) == 415);
    head.content_type = "application/json; charset=utf-8";
    CHECK(status(open, head) == 200);
    head.origin = "null";
    CHECK(status(open, head) == 403);
    head.origin = "";
    head.fetch_site = "cross-site";
    CHECK(status(open, head) == 403);
}

}  // namespace
}  // namespace rwkvk::server
