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
    return {role, text_of(fields, where),
            role == "assistant" ? read_calls(fields, where) : std::vector<ToolCall>()};
}

std::vector<Message> read_messages(const Fields& fields) {
    const json* const list = fields.find("messages");
    if (!list) throw bad_request("messages: expected a list of messages, found none");
    if (!list->is_array() || list->empty() || list->size() > most_messages)
        fields.refuse("messages", "a list of 1 to " + std::to_string(most_messages) + " messages");
    std::vector<Message> messages;
    for (size_t i = 0; i < list->size(); ++i) messages.push_back(read_message((*list)[i], i));
    const size_t count = messages.size();
    if (count > 1 && messages[count - 1].role == "assistant" && messages[count - 2].role == "assistant")
        throw bad_request("messages: expected at most one of the assistant at the end, found two");
    return messages;
}

/// Whether the answer goes on from a last message of the assistant.
bool is_begun(const Fields& fields, const std::vector<Message>& messages) {
    const bool last = messages.back().role == "assistant";
    if (last && !messages.back().calls.empty())
        throw bad_request("messages: expected what the tools gave back at the end, found their calls");
    const bool wanted = fields.boolean("continue_final_message").value_or(last);
    if (wanted && fields.boolean("add_generation_prompt").value_or(false))
        throw bad_request(
            "add_generation_prompt: expected false beside an answer to be continued, found true");
    if (wanted == last) return wanted;
    throw bad_request(
        last ? "messages: expected one of the user at the end, found one of the assistant"
             : "continue_final_message: expected a last message of the assistant, found another");
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

/// How many of the likeliest tokens are told; none: no scores are.
std::optional<uint32_t> read_alternatives(const Fields& fields) {
    const auto count = fields.integer("top_logprobs", 0, most_alternatives);
    const bool wanted = fields.boolean("logprobs").value_or(false);
    if (count && *count > 0 && !wanted)
        throw bad_request("top_logprobs: expected \"logprobs\": true beside it, found none");
    return wanted ? std::optional(static_cast<uint32_t>(count.value_or(0))) : std::nullopt;
}

class ChatDialect final : public OpenAiWords {
  public:
    ChatDialect(const Loaded& loaded, const Job& job, bool reasoning_apart)
        : OpenAiWords("chatcmpl-", "chat.completion", "chat.completion.chunk", loaded, job),
          reasoning_apart_(reasoning_apart) {}

  protected:
    json whole_choice(const Choice& choice, size_t) const override {
        json message = {{"role", "assistant"},
                        {"content", reasoning_apart_ ? choice.text : choice.reasoning + choice.text}};
        if (!choice.calls.empty()) {
            message["tool_calls"] = calls_json(choice.calls);
            if (message["content"] == "") message["content"] = nullptr;
        }
        if (!choice.reasoning.empty() && reasoning_apart_) message["reasoning_content"] = choice.reasoning;
        return {{"message", message}, {"logprobs", scores_of(choice.reasoning_scores, choice.scores)}};
    }
    json opening_choice(const Choice&, size_t) const override {
        return {{"delta", {{"role", "assistant"}, {"content", nullptr}}}, {"logprobs", nullptr}};
    }
    json piece_choice(const Said& said, size_t) const override {
        json delta = json::object();
        if (!said.reasoning.empty() && reasoning_apart_) delta["reasoning_content"] = said.reasoning;
        const std::string content = reasoning_apart_ ? said.text : said.reasoning + said.text;
        if (!content.empty()) delta["content"] = content;
        if (!said.calls.empty()) delta["tool_calls"] = calls_json(said.calls, said.calls_before);
        const json scores = content.empty() ? json() : scores_of(said.reasoning_scores, said.scores);
        return {{"delta", std::move(delta)}, {"logprobs", scores}};
    }

  private:
    /// Where they come in pieces, so many having come `before`, each says which one it is.
    static json calls_json(const std::vector<Call>& calls, std::optional<size_t> before = {}) {
        json list = json::array();
        for (const Call& call : calls) {
            json& told = list.emplace_back(call_json(call.id, call.of));
            if (before) told["index"] = *before + list.size() - 1;
        }
        return list;
    }

    /// Of the content: reasoning that is told apart has none.
    json scores_of(const std::vector<ScoredToken>& reasoning, const std::vector<ScoredToken>& text) const {
        if (!scored_) return nullptr;
        std::vector<ScoredToken> all = reasoning_apart_ ? std::vector<ScoredToken>() : reasoning;
        all.insert(all.end(), text.begin(), text.end());
        return {{"content", scores_json(tokenizer_, all)}, {"refusal", nullptr}};
    }

    const bool reasoning_apart_;
};

Prompt prompt_of(const std::vector<Message>& messages, const ToolWish& wish, rwkvk_prompt_params how,
                 const Loaded& loaded, const JobDefaults& defaults) {
    std::vector<rwkvk_tool> tools;
    for (const Tool& tool : wish.tools) {
        tools.push_back(
            {tool.name.c_str(), tool.description.c_str(), tool.parameters.c_str(), tool.is_strict});
    }
    how.tools = tools.data();
    how.tool_count = tools.size();
    how.tool_form = defaults.tool_form;
    if (!defaults.template_name.empty()) how.template_name = defaults.template_name.c_str();
    return Prompt(loaded.model, loaded.tokenizer, messages, how);
}

}  // namespace

Conversing read_conversation(const Fields& fields, const Loaded& loaded, const JobDefaults& defaults) {
    const std::vector<Message> messages = read_messages(fields);
    rwkvk_prompt_params how = prompt_params();
    how.begun = is_begun(fields, messages);
    how.thinking = loaded.nearest_thinking(read_thinking(fields, defaults.thinking));
    ToolWish tools = read_tools(fields);
    return {prompt_of(messages, tools, how, loaded, defaults), std::move(tools)};
}

Prompt answered_prompt(const Fields& fields, const Loaded& loaded, const JobDefaults& defaults) {
    rwkvk_prompt_params how = prompt_params();
    how.answered = 1;
    return prompt_of(read_messages(fields), read_tools(fields), how, loaded, defaults);
}

void answer_conversation(Job& job, Conversing conversation, const Loaded& loaded) {
    if (!conversation.tools.tools.empty()) {
        if (job.sampling.grammar) throw not_supported("a grammar, schema or response_format beside tools");
        job.reads_calls = true;
        job.sampling.grammar = std::make_shared<const Grammar>(
            call_grammar(conversation.tools, loaded.tokenizer, conversation.prompt));
    }
    std::vector<Token> tokens = conversation.prompt.tokens();
    job.prompts.push_back({std::move(conversation.prompt), std::move(tokens)});
}

Job read_chat_job(const json& body, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    refuse_unknown_wishes(fields, {"functions", "audio"});
    Conversing conversation = read_conversation(fields, loaded, defaults);
    Job job = read_job(fields, conversation.prompt.sampling(), loaded, defaults);
    job.max_tokens = read_limit(fields, defaults);
    job.alternatives = read_alternatives(fields);
    answer_conversation(job, std::move(conversation), loaded);
    return job;
}

std::unique_ptr<Dialect> chat_dialect(const json& body, const Loaded& loaded, const Job& job) {
    const bool apart = Fields(body).text("reasoning_format").value_or("auto") != "none";
    return std::make_unique<ChatDialect>(loaded, job, apart);
}

}  // namespace rwkvk::server
