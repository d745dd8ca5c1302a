#include "api_error.h"
#include "openai.h"
#include "openai_words.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr size_t most_messages = 4096;

/// A text, or a list of parts of which each is a text.
std::string text_of(const Fields& message, const std::string& where) {
    const json* const content = message.find("content");
    if (!content) return "";
    if (content->is_string()) return content->get<std::string>();
    if (!content->is_array()) message.refuse("content", "a text or a list of parts");
    std::string text;
    for (size_t i = 0; i < content->size(); ++i) {
        const Fields part((*content)[i], where + "content[" + std::to_string(i) + "].");
        const std::string type = part.text("type").value_or("");
        if (type != "text" && type != "input_text") throw not_supported("content of the type '" + type + "'");
        text += part.text("text").value_or("");
    }
    return text;
}

Message read_message(const json& object, size_t index) {
    const std::string where = "messages[" + std::to_string(index) + "].";
    const Fields fields(object, where);
    const std::string role = fields.text("role").value_or("");
    if (role != "system" && role != "developer" && role != "user" && role != "assistant" && role != "tool")
        throw bad_request(where + "role: expected system, developer, user, assistant or tool, found '" +
                          role + "'");
    return {role, text_of(fields, where)};
}

std::vector<Message> read_messages(const Fields& fields) {
    const json* const list = fields.find("messages");
    if (!list) throw bad_request("messages: expected a list of messages, found none");
    if (!list->is_array() || list->empty() || list->size() > most_messages)
        fields.refuse("messages", "a list of 1 to " + std::to_string(most_messages) + " messages");
    std::vector<Message> messages;
    for (size_t i = 0; i < list->size(); ++i) messages.push_back(read_message((*list)[i], i));
    if (messages.back().role == "assistant")
        throw not_supported("a last message of the assistant, to be continued,");
    return messages;
}

int32_t by_effort(const Fields& fields, const std::string& effort) {
    if (effort == "none" || effort == "minimal") return RWKVK_THINK_FAST;
    if (effort == "low") return RWKVK_THINK_LITTLE;
    if (effort == "medium") return RWKVK_THINK_ON;
    if (effort == "high" || effort == "xhigh") return RWKVK_THINK_LOT;
    fields.refuse("reasoning_effort", "none, minimal, low, medium or high");
}

int32_t read_thinking(const Fields& fields, int32_t otherwise) {
    if (const auto effort = fields.text("reasoning_effort")) return by_effort(fields, *effort);
    const json* const options = fields.find("chat_template_kwargs");
    if (!options) return otherwise;
    const auto enabled = Fields(*options, "chat_template_kwargs.").boolean("enable_thinking");
    return !enabled ? otherwise : *enabled ? RWKVK_THINK_ON : RWKVK_THINK_FAST;
}

uint32_t read_limit(const Fields& fields, const JobDefaults& defaults) {
    const int64_t most = defaults.max_tokens;
    auto limit = fields.integer("max_completion_tokens", -1, UINT32_MAX);
    if (!limit) limit = fields.integer("max_tokens", -1, UINT32_MAX);
    return static_cast<uint32_t>(limit && *limit >= 0 ? std::min(*limit, most) : most);
}

class ChatDialect final : public OpenAiWords {
  public:
    ChatDialect(const Loaded& loaded, const Job& job, bool reasoning_apart)
        : OpenAiWords("chatcmpl-", "chat.completion", "chat.completion.chunk", loaded, job),
          reasoning_apart_(reasoning_apart) {}

    json opening(size_t choice) const override {
        return piece_with(delta(choice, {{"role", "assistant"}, {"content", nullptr}}));
    }

  protected:
    json whole_choice(size_t index, const Choice& choice) const override {
        json message = {{"role", "assistant"},
                        {"content", reasoning_apart_ ? choice.text : choice.reasoning + choice.text}};
        if (!choice.reasoning.empty() && reasoning_apart_) message["reasoning_content"] = choice.reasoning;
        return {
            {"index", index}, {"message", message}, {"logprobs", nullptr}, {"finish_reason", choice.finish}};
    }
    json piece_choice(size_t index, const std::string& text, const std::string& reasoning) const override {
        json said = json::object();
        if (!reasoning.empty() && reasoning_apart_) said["reasoning_content"] = reasoning;
        const std::string content = reasoning_apart_ ? text : reasoning + text;
        if (!content.empty()) said["content"] = content;
        return delta(index, std::move(said));
    }

  private:
    static json delta(size_t choice, json said) {
        return {
            {"index", choice}, {"delta", std::move(said)}, {"logprobs", nullptr}, {"finish_reason", nullptr}};
    }

    const bool reasoning_apart_;
};

}  // namespace

Prompt read_conversation(const Fields& fields, const Loaded& loaded, const JobDefaults& defaults) {
    rwkvk_prompt_params how = prompt_params();
    how.thinking = loaded.nearest_thinking(read_thinking(fields, defaults.thinking));
    if (!defaults.template_name.empty()) how.template_name = defaults.template_name.c_str();
    return Prompt(loaded.model, loaded.tokenizer, read_messages(fields), how);
}

Job read_chat_job(const json& body, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    refuse_unknown_wishes(fields, {"tools", "functions", "logprobs", "top_logprobs", "audio"});
    Prompt prompt = read_conversation(fields, loaded, defaults);
    Job job = read_job(fields, prompt.sampling(), loaded);
    job.max_tokens = read_limit(fields, defaults);
    std::vector<Token> tokens = prompt.tokens();
    job.prompts.push_back({std::move(prompt), std::move(tokens)});
    return job;
}

std::unique_ptr<const Dialect> chat_dialect(const json& body, const Loaded& loaded, const Job& job) {
    const bool apart = Fields(body).text("reasoning_format").value_or("auto") != "none";
    return std::make_unique<ChatDialect>(loaded, job, apart);
}

}  // namespace rwkvk::server
