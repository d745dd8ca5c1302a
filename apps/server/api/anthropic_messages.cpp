// Anthropic's requests, read as OpenAI's chats.
#include <algorithm>

#include "anthropic.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// A text, or a list of blocks, of which the texts are read; thoughts are passed over, and tools.
std::string text_of(const Fields& fields, const std::string& where, const char* name) {
    const json* const content = fields.find(name);
    if (!content) return "";
    if (content->is_string()) return content->get<std::string>();
    if (!content->is_array()) fields.refuse(name, "a text or a list of blocks");
    std::string text;
    for (size_t i = 0; i < content->size(); ++i) {
        const Fields block((*content)[i], where + name + "[" + std::to_string(i) + "].");
        const std::string type = block.text("type").value_or("");
        if (type == "thinking" || type == "redacted_thinking" || type == "tool_use" || type == "tool_result")
            continue;
        if (type != "text") throw not_supported("content of the type '" + type + "'");
        text += block.text("text").value_or("");
    }
    return text;
}

/// The blocks of a type in a message.
std::vector<Fields> blocks_of(const Fields& message, const std::string& where, const std::string& type) {
    std::vector<Fields> blocks;
    const json* const content = message.find("content");
    for (size_t i = 0; content && content->is_array() && i < content->size(); ++i) {
        const Fields block((*content)[i], where + "content[" + std::to_string(i) + "].");
        if (block.text("type") == type) blocks.push_back(block);
    }
    return blocks;
}

json calls_of(const Fields& message, const std::string& where) {
    json calls = json::array();
    for (const Fields& block : blocks_of(message, where, "tool_use")) {
        const json* const input = block.find("input");
        calls.push_back(call_json(block.text("id").value_or(""),
                                  {block.text("name").value_or(""), input ? to_text(*input) : "{}"}));
    }
    return calls;
}

/// What tools gave back stands before what the user says.
void add_message(json& messages, const json& given, size_t index) {
    const std::string where = "messages[" + std::to_string(index) + "].";
    const Fields message(given, where);
    const std::string role = message.text("role").value_or("");
    if (role != "user" && role != "assistant")
        throw bad_request(where + "role: expected user or assistant, found '" + role + "'");
    const std::vector<Fields> results = blocks_of(message, where, "tool_result");
    for (const Fields& result : results)
        messages.push_back({{"role", "tool"}, {"content", text_of(result, where + "content.", "content")}});
    std::string text = text_of(message, where, "content");
    if (!results.empty() && text.empty()) return;
    json& added = messages.emplace_back(json{{"role", role}, {"content", std::move(text)}});
    if (role == "assistant") added["tool_calls"] = calls_of(message, where);
}

/// As OpenAI has them.
json read_messages(const Fields& fields) {
    const json* const list = fields.find("messages");
    if (!list) throw bad_request("messages: expected a list of messages, found none");
    if (!list->is_array() || list->empty()) fields.refuse("messages", "a list of messages");
    json messages = json::array();
    if (std::string system = text_of(fields, "", "system"); !system.empty())
        messages.push_back({{"role", "system"}, {"content", std::move(system)}});
    for (size_t i = 0; i < list->size(); ++i) add_message(messages, (*list)[i], i);
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

/// Its tools and which of them are wanted, as OpenAI has them.
void add_tools(json& chat, const Fields& fields) {
    if (const json* const tools = fields.find("tools")) {
        if (!tools->is_array()) fields.refuse("tools", "a list of tools");
        json& list = chat["tools"] = json::array();
        for (const json& given : *tools) {
            const Fields tool(given, "tools[" + std::to_string(list.size()) + "].");
            const std::string type = tool.text("type").value_or("custom");
            if (type != "custom") throw not_supported("a tool of the type '" + type + "'");
            json function = given;
            if (const json* const schema = tool.find("input_schema")) function["parameters"] = *schema;
            list.push_back({{"type", "function"}, {"function", std::move(function)}});
        }
    }
    const json* const given = fields.find("tool_choice");
    if (!given) return;
    const Fields choice(*given, "tool_choice.");
    const std::string type = choice.text("type").value_or("");
    if (type == "tool") {
        chat["tool_choice"] = {{"type", "function"},
                               {"function", {{"name", choice.text("name").value_or("")}}}};
    } else if (type == "any") {
        chat["tool_choice"] = "required";
    } else if (type == "auto" || type == "none") {
        chat["tool_choice"] = type;
    } else {
        throw bad_request("tool_choice.type: expected auto, any, tool or none, found '" + type + "'");
    }
    const auto single = choice.boolean("disable_parallel_tool_use");
    if (single) chat["parallel_tool_calls"] = !*single;
}

}  // namespace

Conversing read_anthropic_conversation(const Fields& fields, const Loaded& loaded,
                                       const JobDefaults& defaults) {
    refuse_unknown_wishes(fields, {"mcp_servers", "container", "output_config", "output_format"});
    fields.text("model");
    json chat = {{"messages", read_messages(fields)}, {"reasoning_effort", read_effort(fields)}};
    add_tools(chat, fields);
    return read_conversation(Fields(chat), loaded, defaults);
}

Job read_anthropic_job(const json& body, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    Conversing conversation = read_anthropic_conversation(fields, loaded, defaults);
    Job job = read_job(fields, conversation.prompt.sampling(), loaded, defaults);
    const auto limit = fields.integer("max_tokens", 1, UINT32_MAX);
    if (!limit) throw bad_request("max_tokens: expected a whole number from 1 on, found none");
    job.max_tokens = std::min(static_cast<uint32_t>(*limit), defaults.max_tokens);
    job.stops = read_stops(fields, "stop_sequences");
    job.choices = 1;
    job.reports_progress = false;
    answer_conversation(job, std::move(conversation), loaded);
    return job;
}

}  // namespace rwkvk::server
