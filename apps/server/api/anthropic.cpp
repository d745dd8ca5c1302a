#include "anthropic.h"

#include <algorithm>

#include "error_words.h"
#include "openai_words.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// A text, or a list of blocks, of which the texts are read and thoughts passed over.
std::string text_of(const Fields& fields, const std::string& where, const char* name) {
    const json* const content = fields.find(name);
    if (!content) return "";
    if (content->is_string()) return content->get<std::string>();
    if (!content->is_array()) fields.refuse(name, "a text or a list of blocks");
    std::string text;
    for (size_t i = 0; i < content->size(); ++i) {
        const Fields block((*content)[i], where + name + "[" + std::to_string(i) + "].");
        const std::string type = block.text("type").value_or("");
        if (type == "thinking" || type == "redacted_thinking") continue;
        if (type != "text") throw not_supported("content of the type '" + type + "'");
        text += block.text("text").value_or("");
    }
    return text;
}

json read_message(const json& given, size_t index) {
    const std::string where = "messages[" + std::to_string(index) + "].";
    const Fields message(given, where);
    const std::string role = message.text("role").value_or("");
    if (role != "user" && role != "assistant")
        throw bad_request(where + "role: expected user or assistant, found '" + role + "'");
    return {{"role", role}, {"content", text_of(message, where, "content")}};
}

/// As OpenAI has them.
json read_messages(const Fields& fields) {
    const json* const list = fields.find("messages");
    if (!list) throw bad_request("messages: expected a list of messages, found none");
    if (!list->is_array() || list->empty()) fields.refuse("messages", "a list of messages");
    json messages = json::array();
    if (std::string system = text_of(fields, "", "system"); !system.empty())
        messages.push_back({{"role", "system"}, {"content", std::move(system)}});
    for (size_t i = 0; i < list->size(); ++i) messages.push_back(read_message((*list)[i], i));
    return messages;
}

/// "thinking" as OpenAI's reasoning_effort; null: not said. Its budget is checked; nothing ends a thought.
json read_effort(const Fields& fields) {
    const json* const given = fields.find("thinking");
    if (!given) return nullptr;
    const Fields thinking(*given, "thinking.");
    const std::string type = thinking.text("type").value_or("");
    thinking.integer("budget_tokens", 1, UINT32_MAX);
    if (type == "disabled") return "none";
    if (type == "enabled" || type == "adaptive") return "medium";
    throw bad_request("thinking.type: expected enabled, adaptive or disabled, found '" + type + "'");
}

json usage(const Choice& choice) {
    return {{"input_tokens", choice.prompt_tokens - choice.cached_tokens},
            {"cache_creation_input_tokens", 0},
            {"cache_read_input_tokens", choice.cached_tokens},
            {"output_tokens", choice.answer_tokens}};
}

json stop_of(const Choice& choice) {
    if (choice.finish == "length") return {{"stop_reason", "max_tokens"}, {"stop_sequence", nullptr}};
    if (choice.stopped_by.empty()) return {{"stop_reason", "end_turn"}, {"stop_sequence", nullptr}};
    return {{"stop_reason", "stop_sequence"}, {"stop_sequence", choice.stopped_by}};
}

// Thoughts come back signed in later turns, where they are passed over.
constexpr const char* signature = "rwkvk";

/// The blocks of a stream, of which one is open at a time.
class BlockEvents {
  public:
    void say(const std::string& type, const std::string& text, json& events) {
        if (text.empty()) return;
        open(type, events);
        events.push_back(delta({{"type", type + "_delta"}, {type, text}}));
    }
    /// The last; an answer has at least one.
    void finish(json& events) {
        if (open_.empty()) open("text", events);
        close(events);
    }

  private:
    json delta(json of) const {
        return {{"type", "content_block_delta"}, {"index", index_}, {"delta", std::move(of)}};
    }
    void open(const std::string& type, json& events) {
        if (type == open_) return;
        if (!open_.empty()) {
            close(events);
            ++index_;
        }
        open_ = type;
        json block = {{"type", type}, {type, ""}};
        if (type == "thinking") block["signature"] = "";
        events.push_back(
            {{"type", "content_block_start"}, {"index", index_}, {"content_block", std::move(block)}});
    }
    void close(json& events) const {
        if (open_ == "thinking")
            events.push_back(delta({{"type", "signature_delta"}, {"signature", signature}}));
        events.push_back({{"type", "content_block_stop"}, {"index", index_}});
    }

    std::string open_;  // its type; "": none yet
    size_t index_ = 0;
};

class AnthropicDialect final : public Dialect {
  public:
    AnthropicDialect(const Loaded& loaded, const Job& job)
        : id_("msg_" + random_id()), model_(loaded.names.front()), prompt_(job.prompts.front().tokens) {}

    json whole(const std::vector<Choice>& choices) override {
        const Choice& all = choices.front();
        json content = json::array();
        if (!all.reasoning.empty()) {
            content.push_back({{"type", "thinking"}, {"thinking", all.reasoning}, {"signature", signature}});
        }
        if (!all.text.empty() || content.empty()) content.push_back({{"type", "text"}, {"text", all.text}});
        json answer = message(std::move(content), usage(all));
        answer.update(stop_of(all));
        answer["rwkvk"] = own_words({prompt_}, choices, 1);
        return answer;
    }
    json opening(size_t, const Choice&) override {
        Choice nothing;
        nothing.prompt_tokens = prompt_.size();  // what of it was kept is told at the end
        return {{"type", "message_start"}, {"message", message(json::array(), usage(nothing))}};
    }
    json progress(size_t, const Choice&, size_t) override { return nullptr; }
    json piece(size_t, const Choice&, const Said& said) override {
        json events = json::array();
        blocks_.say("thinking", said.reasoning, events);
        blocks_.say("text", said.text, events);
        return events;
    }
    json closing(size_t, const Choice& all) override {
        json events = json::array();
        blocks_.finish(events);
        events.push_back({{"type", "message_delta"},
                          {"delta", stop_of(all)},
                          {"usage", usage(all)},
                          {"rwkvk", own_words({prompt_}, {all}, 1)}});
        events.push_back({{"type", "message_stop"}});
        return events;
    }
    json end(const std::vector<Choice>&) override { return nullptr; }
    json error(const ApiError& error) const override { return anthropic_error(error); }
    /// Its clients pass over events without their name.
    std::string framed(const json& message) const override {
        return "event: " + message.at("type").get<std::string>() + "\ndata: " + to_text(message) + "\n\n";
    }
    std::string last_words() const override { return ""; }

  private:
    json message(json content, json usage) const {
        return {{"id", id_},
                {"type", "message"},
                {"role", "assistant"},
                {"model", model_},
                {"content", std::move(content)},
                {"stop_reason", nullptr},
                {"stop_sequence", nullptr},
                {"usage", std::move(usage)}};
    }

    const std::string id_, model_;
    const std::vector<Token> prompt_;
    BlockEvents blocks_;
};

}  // namespace

Prompt read_anthropic_conversation(const Fields& fields, const Loaded& loaded, const JobDefaults& defaults) {
    refuse_unknown_wishes(fields, {"tools", "mcp_servers", "container", "output_config", "output_format"});
    fields.text("model");
    const json conversation = {{"messages", read_messages(fields)},
                               {"reasoning_effort", read_effort(fields)}};
    return read_conversation(Fields(conversation), loaded, defaults);
}

Job read_anthropic_job(const json& body, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    Prompt prompt = read_anthropic_conversation(fields, loaded, defaults);
    Job job = read_job(fields, prompt.sampling(), loaded, defaults);
    const auto limit = fields.integer("max_tokens", 1, UINT32_MAX);
    if (!limit) throw bad_request("max_tokens: expected a whole number from 1 on, found none");
    job.max_tokens = std::min(static_cast<uint32_t>(*limit), defaults.max_tokens);
    job.stops = read_stops(fields, "stop_sequences");
    job.choices = 1;
    job.reports_progress = false;
    std::vector<Token> tokens = prompt.tokens();
    job.prompts.push_back({std::move(prompt), std::move(tokens)});
    return job;
}

std::unique_ptr<Dialect> anthropic_dialect(const Loaded& loaded, const Job& job) {
    return std::make_unique<AnthropicDialect>(loaded, job);
}

}  // namespace rwkvk::server
