// The dialects of Ollama and Anthropic, and embeddings: what is read of JSON, and how answers are worded.
#include <doctest/doctest.h>

#include "api/anthropic.h"
#include "api/embedding_jobs.h"
#include "api/error_words.h"
#include "api/ollama.h"
#include "tests/server/loaded_model.h"

namespace rwkvk::server {
namespace {

using nlohmann::json;

const json hello = json::array({{{"role", "user"}, {"content", "Hi"}}});

/// "thought" and "said", of two tokens each.
Choice thoughtful() {
    Choice choice;
    choice.reasoning = "thought";
    choice.text = "said";
    choice.tokens = {1, 2, 3, 4};
    choice.finish = "stop";
    choice.prompt_tokens = 10;
    choice.cached_tokens = 4;
    choice.answer_tokens = 4;
    choice.prompt_seconds = 0.5;
    choice.answer_seconds = 0.25;
    return choice;
}

/// All that is streamed of it, in four pieces.
std::vector<json> streamed(Dialect& dialect, const Choice& choice) {
    std::vector<json> all;
    const auto add = [&](const json& message) {
        if (message.is_null()) return;
        for (const json& each : message.is_array() ? message : json::array({message})) all.push_back(each);
    };
    add(dialect.opening(0, {}));
    for (const Said& said :
         std::vector<Said>{{"", "thou", {1}}, {"", "ght", {2}}, {"sa", "", {3}}, {"id", "", {4}}})
        add(dialect.piece(0, choice, said));
    add(dialect.closing(0, choice));
    add(dialect.end({choice}));
    return all;
}

TEST_CASE("options of Ollama are those of a job") {
    const Loaded loaded = make_loaded();
    const auto chat = [&](json body) {
        body["messages"] = hello;
        return read_ollama_job(body, OllamaCall::chat, loaded, {.max_tokens = 1000});
    };
    const Job plain = chat(json::object());
    CHECK(plain.stream);
    CHECK(plain.max_tokens == 1000);
    CHECK(plain.prompts.at(0).conversation);
    const Job job = chat({{"stream", false},
                          {"n", 3},
                          {"options",
                           {{"num_predict", 7},
                            {"temperature", 0.25},
                            {"top_k", 5},
                            {"min_p", 0.125},
                            {"typical_p", 0.5},
                            {"repeat_penalty", 1.5},
                            {"presence_penalty", 0.75},
                            {"frequency_penalty", 0.5},
                            {"seed", 9},
                            {"n", 2},
                            {"stop", {"a", "b"}}}}});
    CHECK(!job.stream);
    CHECK(job.choices == 1);
    CHECK(job.max_tokens == 7);
    CHECK(job.sampling.params.temperature == 0.25f);
    CHECK(job.sampling.params.top_k == 5);
    CHECK(job.sampling.params.min_p == 0.125f);
    CHECK(job.sampling.params.typical == 0.5f);
    CHECK(job.sampling.params.repeat == 1.5f);
    CHECK(job.sampling.params.presence == 0.75f);
    CHECK(job.sampling.params.frequency == 0.5f);
    CHECK(job.sampling.params.seed == 9);
    CHECK(job.stops == std::vector<std::string>{"a", "b"});
    CHECK(chat({{"options", {{"num_predict", -2}}}}).max_tokens == 1000);
    const Job raw = read_ollama_job({{"prompt", "Hi"}, {"raw", true}}, OllamaCall::generate, loaded, {});
    CHECK(!raw.prompts.at(0).conversation);
    CHECK(raw.prompts.at(0).tokens == std::vector<Token>{'H', 'i'});
    CHECK(asks_to_load({{"model", "m"}}, OllamaCall::chat));
    CHECK(!asks_to_load({{"messages", hello}}, OllamaCall::chat));
    CHECK(asks_to_load({{"prompt", ""}}, OllamaCall::generate));
    for (const char* const wish : {"images", "suffix", "context"})
        CHECK(refusal_of([&] { chat({{wish, json::array({1})}}); }).status == 501);
}

TEST_CASE("Ollama's answers tell thoughts apart, whole and in lines") {
    const Loaded loaded = make_loaded();
    const Choice choice = thoughtful();
    for (const OllamaCall call : {OllamaCall::chat, OllamaCall::generate}) {
        const bool chats = call == OllamaCall::chat;
        const Job job = read_ollama_job({{"prompt", "Hi"}, {"messages", hello}}, call, loaded, {});
        const auto dialect = ollama_dialect(call, loaded, job);
        const auto said = [&](const json& message, const char* name) {
            return (chats ? message.at("message") : message).value(name, "");
        };
        const char* const text = chats ? "content" : "response";
        const json whole = dialect->whole({choice});
        CHECK(said(whole, "thinking") == "thought");
        CHECK(said(whole, text) == "said");
        CHECK(whole.at("prompt_eval_duration") == 500000000);
        CHECK(whole.at("eval_duration") == 250000000);
        CHECK(whole.at("prompt_eval_count") == 10);
        std::string thinking, answer;
        const std::vector<json> lines = streamed(*dialect, choice);
        for (const json& line : lines) {
            thinking += said(line, "thinking");
            answer += said(line, text);
            CHECK(line.at("done") == (&line == &lines.back()));
        }
        CHECK(thinking == "thought");
        CHECK(answer == "said");
        CHECK(lines.back().at("rwkvk") == whole.at("rwkvk"));
        CHECK(dialect->framed({{"a", 1}}) == "{\"a\":1}\n");
    }
    CHECK(time_now().size() == 20);
}

TEST_CASE("calls come behind thoughts and text, as each dialect has them") {
    const Loaded loaded = make_loaded();
    const Job job = read_anthropic_job({{"messages", hello}, {"max_tokens", 9}}, loaded, {});
    Choice choice = thoughtful();
    choice.calls = {{"c1", {"f", R"({"x": 1})"}}, {"c2", {"g", "{}"}}};
    const Said calls{.text = "", .reasoning = "", .tokens = {}, .calls = choice.calls};
    const auto anthropic = anthropic_dialect(loaded, job);
    const json blocks = anthropic->whole({choice}).at("content");
    REQUIRE(blocks.size() == 4);
    CHECK(blocks[2] == json{{"type", "tool_use"}, {"id", "c1"}, {"name", "f"}, {"input", {{"x", 1}}}});
    std::vector<std::string> types;
    for (const json& event : anthropic->piece(0, choice, calls)) types.push_back(event.at("type"));
    CHECK(types == std::vector<std::string>{"content_block_start", "content_block_delta",
                                            "content_block_stop", "content_block_start",
                                            "content_block_delta"});
    CHECK(anthropic->closing(0, choice)[1].at("delta").at("stop_reason") == "tool_use");
    choice.finish = "length";
    CHECK(anthropic->closing(0, choice)[1].at("delta").at("stop_reason") == "max_tokens");
    const auto ollama = ollama_dialect(OllamaCall::chat, loaded, job);
    const json told = ollama->piece(0, choice, calls).at("message").at("tool_calls");
    REQUIRE(told.size() == 2);
    CHECK(told[0].at("function") == json{{"name", "f"}, {"arguments", {{"x", 1}}}});
}

TEST_CASE("Anthropic's blocks rise, thoughts are signed before the text begins") {
    const Loaded loaded = make_loaded();
    const Job job = read_anthropic_job({{"messages", hello}, {"max_tokens", 9}}, loaded, {});
    CHECK(job.max_tokens == 9);
    CHECK(!job.stream);
    Choice choice = thoughtful();
    const auto dialect = anthropic_dialect(loaded, job);
    const json whole = dialect->whole({choice});
    REQUIRE(whole.at("content").size() == 2);
    CHECK(whole.at("content")[0].at("thinking") == "thought");
    CHECK(whole.at("content")[1] == json{{"type", "text"}, {"text", "said"}});
    CHECK(whole.at("usage").at("input_tokens") == 6);
    CHECK(whole.at("usage").at("cache_read_input_tokens") == 4);
    std::vector<std::string> types;
    for (const json& event : streamed(*dialect, choice)) {
        std::string type = event.at("type");
        if (event.contains("index")) type += " " + std::to_string(event.at("index").get<int>());
        if (event.contains("index") && event.contains("delta"))
            type += " " + event.at("delta").at("type").get<std::string>();
        types.push_back(type);
    }
    CHECK(types == std::vector<std::string>{
                       "message_start", "content_block_start 0", "content_block_delta 0 thinking_delta",
                       "content_block_delta 0 thinking_delta", "content_block_delta 0 signature_delta",
                       "content_block_stop 0", "content_block_start 1", "content_block_delta 1 text_delta",
                       "content_block_delta 1 text_delta", "content_block_stop 1", "message_delta",
                       "message_stop"});
    CHECK(dialect->framed({{"type", "ping"}}) == "event: ping\ndata: {\"type\":\"ping\"}\n\n");
    choice.stopped_by = "X";
    CHECK(dialect->whole({choice}).at("stop_sequence") == "X");
    choice.finish = "length";
    CHECK(dialect->whole({choice}).at("stop_reason") == "max_tokens");
    const json nothing = anthropic_dialect(loaded, job)->closing(0, {});  // of a stream without a piece
    CHECK(nothing[0].at("type") == "content_block_start");
    CHECK(nothing[1].at("type") == "content_block_stop");
}

TEST_CASE("errors are worded as the path's dialect has them") {
    const ApiError wrong(501, "not_supported_error", "no");
    CHECK(error_at("/api/chat", wrong) == json{{"error", "no"}});
    CHECK(error_at("/v1/messages", wrong) ==
          json{{"type", "error"}, {"error", {{"type", "invalid_request_error"}, {"message", "no"}}}});
    CHECK(error_at("/v1/chat/completions", wrong) == to_json(wrong));
    const auto type = [](int status, const char* own) {
        return error_at("/v1/messages/count_tokens", {status, own, ""}).at("error").at("type");
    };
    CHECK(type(401, "authentication_error") == "authentication_error");
    CHECK(type(404, "not_found_error") == "not_found_error");
    CHECK(type(413, "x") == "request_too_large");
    CHECK(type(500, "server_error") == "api_error");
    CHECK(type(503, "unavailable_error") == "overloaded_error");
}

TEST_CASE("vectors are packed as the bytes of their floats, least first") {
    CHECK(base64_of({}).empty());
    CHECK(base64_of({1.0f}) == "AACAPw==");
    CHECK(base64_of({1.0f, -2.5f}) == "AACAPwAAIMA=");
    CHECK(base64_of({1.0f, -2.5f, 0.0f}) == "AACAPwAAIMAAAAAA");
    const Loaded loaded = make_loaded();
    const auto read = [&](const json& body) { return read_embedding_job(body, loaded); };
    const Embeddings all{.vectors = {{1.0f, 0.1f}}, .tokens = 3};
    CHECK(read({{"input", "Hi"}}).inputs.at(0).tokens == std::vector<Token>{'H', 'i'});
    const json floats = read({{"input", "Hi"}}).words(all);
    CHECK(to_text(floats.at("data")[0].at("embedding")) == "[1.0,0.1]");
    CHECK(floats.at("usage").at("total_tokens") == 3);
    CHECK(read({{"input", "Hi"}, {"encoding_format", "base64"}}).words(all).at("data")[0].at("embedding") ==
          base64_of({1.0f, 0.1f}));
    for (const json& wrong : std::initializer_list<json>{json::object(),
                                                         {{"input", ""}},
                                                         {{"input", "a"}, {"dimensions", 1}},
                                                         {{"input", "a"}, {"model", 3}}})
        CHECK(refusal_of([&] { read(wrong); }).status == 400);
}

}  // namespace
}  // namespace rwkvk::server
