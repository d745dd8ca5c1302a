#include "ollama.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "error_words.h"
#include "schema_texts.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// {"message": {"role", "content", "thinking", "tool_calls"}}, or {"response", "thinking"}.
json words(OllamaCall call, const std::string& text, const std::string& reasoning,
           const std::vector<Call>& calls) {
    json said = {{call == OllamaCall::chat ? "content" : "response", text}};
    if (!reasoning.empty()) said["thinking"] = reasoning;
    if (call == OllamaCall::generate) return said;
    said["role"] = "assistant";
    for (const Call& each : calls) {
        json function = {{"name", each.of.name}, {"arguments", arguments_json(each.of)}};
        said["tool_calls"].push_back({{"id", each.id}, {"function", std::move(function)}});
    }
    return {{"message", std::move(said)}};
}

json message(const std::string& model, json words, bool done) {
    words["model"] = model;
    words["created_at"] = time_now();
    words["done"] = done;
    return words;
}

class OllamaDialect final : public Dialect {
  public:
    OllamaDialect(OllamaCall call, const Loaded& loaded, const Job& job)
        : call_(call), model_(loaded.names.front()), prompt_(job.prompts.front().tokens) {}

    json whole(const std::vector<Choice>& choices) override { return last(choices.front(), true); }
    json opening(size_t, const Choice&) override { return nullptr; }
    json progress(size_t, const Choice&, size_t) override { return nullptr; }
    json piece(size_t, const Choice&, const Said& said) override {
        return message(model_, words(call_, said.text, said.reasoning, said.calls), false);
    }
    json closing(size_t, const Choice& all) override { return last(all, false); }
    json end(const std::vector<Choice>&) override { return nullptr; }
    json error(const ApiError& error) const override { return ollama_error(error); }
    std::string framed(const json& message) const override { return to_text(message) + "\n"; }
    std::string last_words() const override { return ""; }
    const char* stream_type() const override { return "application/x-ndjson"; }

  private:
    using Clock = std::chrono::steady_clock;

    json last(const Choice& all, bool says_all) const {
        json answer = message(
            model_, says_all ? words(call_, all.text, all.reasoning, all.calls) : words(call_, "", "", {}),
            true);
        answer["done_reason"] = all.finish;
        answer["total_duration"] = nanoseconds(std::chrono::duration<double>(Clock::now() - begun_).count());
        answer["load_duration"] = 0;
        answer["prompt_eval_count"] = all.prompt_tokens;
        answer["prompt_eval_duration"] = nanoseconds(all.prompt_seconds);
        answer["eval_count"] = all.answer_tokens;
        answer["eval_duration"] = nanoseconds(all.answer_seconds);
        answer["rwkvk"] = own_words({prompt_}, {all}, 1);
        return answer;
    }

    const OllamaCall call_;
    const std::string model_;
    const std::vector<Token> prompt_;
    const Clock::time_point begun_ = Clock::now();
};

/// "think" as OpenAI's reasoning_effort; null: not said.
json read_effort(const Fields& fields) {
    const json* const think = fields.find("think");
    if (!think) return nullptr;
    if (think->is_boolean()) return think->get<bool>() ? "medium" : "none";
    if (*think == "low" || *think == "medium" || *think == "high") return *think;
    fields.refuse("think", "true, false, low, medium or high");
}

/// As OpenAI has them.
json read_messages(const Fields& fields) {
    json messages = json::array();
    for (const json& given : *fields.find("messages")) {
        const std::string where = "messages[" + std::to_string(messages.size()) + "].";
        const Fields message(given, where);
        refuse_unknown_wishes(message, {"images"});
        json& added = messages.emplace_back(json{{"role", message.text("role").value_or("")},
                                                 {"content", message.text("content").value_or("")}});
        if (const json* const calls = message.find("tool_calls")) added["tool_calls"] = *calls;
    }
    return messages;
}

/// A prompt is what a user says, unless it is raw.
json messages_around(const Fields& fields) {
    json messages = json::array();
    if (const std::string system = fields.text("system").value_or(""); !system.empty())
        messages.push_back({{"role", "system"}, {"content", system}});
    messages.push_back({{"role", "user"}, {"content", fields.text("prompt").value_or("")}});
    return messages;
}

/// "json", or a schema.
void read_format(const Fields& fields, const Loaded& loaded, Job& job) {
    const json* const format = fields.find("format");
    if (!format || *format == "") return;
    if (!format->is_object() && !format->is_string()) fields.refuse("format", "\"json\" or a schema");
    const std::string schema = *format == "json" ? R"({"type": "object"})" : schema_text(*format);
    job.sampling.grammar = std::make_shared<const Grammar>(Grammar::json_schema(loaded.tokenizer, schema));
}

json read_options(const Fields& fields) {
    const json* const options = fields.find("options");
    if (!options) return json::object();
    if (!options->is_object()) fields.refuse("options", "an object");
    return *options;
}

}  // namespace

int64_t nanoseconds(double seconds) { return std::llround(1e9 * seconds); }

std::string time_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

bool asks_to_load(const json& body, OllamaCall call) {
    const Fields fields(body);
    if (call == OllamaCall::generate) return fields.text("prompt").value_or("").empty();
    const json* const messages = fields.find("messages");
    if (messages && !messages->is_array()) fields.refuse("messages", "a list of messages");
    return !messages || messages->empty();
}

json ollama_loaded(const Loaded& loaded, OllamaCall call) {
    json answer = message(loaded.names.front(), words(call, "", "", {}), true);
    answer["done_reason"] = "load";
    return answer;
}

Job read_ollama_job(const json& body, OllamaCall call, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    refuse_unknown_wishes(fields, {"images", "suffix", "template", "context", "logprobs", "top_logprobs"});
    fields.text("model");
    const json given = read_options(fields);
    const Fields options(given, "options.");
    const bool raw = call == OllamaCall::generate && fields.boolean("raw").value_or(false);
    Job job;
    if (raw) {
        job = read_job(options, loaded.model.sampling(), loaded, defaults);
        read_format(fields, loaded, job);
        job.prompts.push_back({{}, loaded.tokenizer.encode(*fields.text("prompt"))});
    } else {
        json chat = {{"messages", call == OllamaCall::chat ? read_messages(fields) : messages_around(fields)},
                     {"reasoning_effort", read_effort(fields)}};
        if (const json* const tools = fields.find("tools"); tools && call == OllamaCall::chat)
            chat["tools"] = *tools;
        Conversing conversation = read_conversation(Fields(chat), loaded, defaults);
        job = read_job(options, conversation.prompt.sampling(), loaded, defaults);
        read_format(fields, loaded, job);
        answer_conversation(job, std::move(conversation), loaded);
    }
    const int64_t most = defaults.max_tokens;
    const int64_t limit = options.integer("num_predict", -2, UINT32_MAX).value_or(most);
    job.max_tokens = static_cast<uint32_t>(limit < 0 ? most : std::min(limit, most));
    job.stream = fields.boolean("stream").value_or(true);
    job.choices = 1;
    job.reports_progress = false;
    return job;
}

std::unique_ptr<Dialect> ollama_dialect(OllamaCall call, const Loaded& loaded, const Job& job) {
    return std::make_unique<OllamaDialect>(call, loaded, job);
}

}  // namespace rwkvk::server
