#include "anthropic.h"

#include "error_words.h"
#include "openai_words.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

json usage(const Choice& choice) {
    return {{"input_tokens", choice.prompt_tokens - choice.cached_tokens},
            {"cache_creation_input_tokens", 0},
            {"cache_read_input_tokens", choice.cached_tokens},
            {"output_tokens", choice.answer_tokens}};
}

json stop_of(const Choice& choice) {
    if (choice.calls_tools()) return {{"stop_reason", "tool_use"}, {"stop_sequence", nullptr}};
    if (choice.finish == "length") return {{"stop_reason", "max_tokens"}, {"stop_sequence", nullptr}};
    if (choice.stopped_by.empty()) return {{"stop_reason", "end_turn"}, {"stop_sequence", nullptr}};
    return {{"stop_reason", "stop_sequence"}, {"stop_sequence", choice.stopped_by}};
}

// Thoughts come back signed in later turns, where they are passed over.
constexpr const char* signature = "rwkvk";

json call_block(const Call& call, json input) {
    return {{"type", "tool_use"}, {"id", call.id}, {"name", call.of.name}, {"input", std::move(input)}};
}

/// The blocks of a stream, of which one is open at a time.
class BlockEvents {
  public:
    void say(const std::string& type, const std::string& text, json& events) {
        if (text.empty()) return;
        if (type != open_) {
            json block = {{"type", type}, {type, ""}};
            if (type == "thinking") block["signature"] = "";
            open(std::move(block), events);
        }
        events.push_back(delta({{"type", type + "_delta"}, {type, text}}));
    }
    void say(const Call& call, json& events) {
        open(call_block(call, json::object()), events);
        events.push_back(delta({{"type", "input_json_delta"}, {"partial_json", call.of.arguments}}));
    }
    /// The last; an answer has at least one.
    void finish(json& events) {
        if (open_.empty()) open({{"type", "text"}, {"text", ""}}, events);
        close(events);
    }

  private:
    json delta(json of) const {
        return {{"type", "content_block_delta"}, {"index", index_}, {"delta", std::move(of)}};
    }
    void open(json block, json& events) {
        if (!open_.empty()) {
            close(events);
            ++index_;
        }
        open_ = block.at("type");
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
        if (!all.text.empty() || (content.empty() && all.calls.empty()))
            content.push_back({{"type", "text"}, {"text", all.text}});
        for (const Call& call : all.calls) content.push_back(call_block(call, arguments_json(call.of)));
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
        for (const Call& call : said.calls) blocks_.say(call, events);
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

std::unique_ptr<Dialect> anthropic_dialect(const Loaded& loaded, const Job& job) {
    return std::make_unique<AnthropicDialect>(loaded, job);
}

}  // namespace rwkvk::server
