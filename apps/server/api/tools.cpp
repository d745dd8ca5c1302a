#include "tools.h"

#include <algorithm>

#include "api_error.h"
#include "openai_words.h"
#include "schema_texts.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr size_t most_name = 128;

Tool read_tool(const json& object, const std::string& where) {
    const Fields fields(object, where);
    const std::string type = fields.text("type").value_or("function");
    if (type != "function") throw not_supported("a tool of the type '" + type + "'");
    const json* const function = fields.find("function");
    if (!function) throw bad_request(where + "function: expected a function, found none");
    const Fields told(*function, where + "function.");
    Tool tool;
    tool.name = told.text("name").value_or("");
    if (tool.name.empty() || tool.name.size() > most_name)
        throw bad_request(where + "function.name: expected a text of 1 to 128 bytes");
    tool.description = told.text("description").value_or("");
    const json* const parameters = told.find("parameters");
    if (parameters && !parameters->is_object() && !parameters->is_string())
        told.refuse("parameters", "a JSON schema");
    tool.parameters = parameters ? schema_text(*parameters) : "{}";
    tool.is_strict = told.boolean("strict").value_or(false);
    return tool;
}

void read_choice(const Fields& fields, ToolWish& wish) {
    const json* const choice = fields.find("tool_choice");
    if (!choice || *choice == "auto") return;
    wish.must_call = true;
    if (*choice == "none") {
        wish = {};
    } else if (choice->is_object()) {
        const Fields named(*choice, "tool_choice.");
        const json* const function = named.find("function");
        if (!function) throw bad_request("tool_choice.function: expected the name of a tool, found none");
        wish.only = Fields(*function, "tool_choice.function.").text("name").value_or("");
        if (std::ranges::find(wish.tools, wish.only, &Tool::name) == wish.tools.end())
            throw bad_request("tool_choice: expected the name of one of the tools, found '" + wish.only +
                              "'");
    } else if (*choice != "required") {
        fields.refuse("tool_choice", "none, auto, required or a function");
    } else if (wish.tools.empty()) {
        throw bad_request("tool_choice: expected tools beside 'required', found none");
    }
}

}  // namespace

ToolWish read_tools(const Fields& fields) {
    ToolWish wish;
    if (const json* const list = fields.find("tools")) {
        if (!list->is_array() || list->size() > most_tools)
            fields.refuse("tools", "a list of at most " + std::to_string(most_tools) + " tools");
        for (const json& tool : *list)
            wish.tools.push_back(read_tool(tool, "tools[" + std::to_string(wish.tools.size()) + "]."));
    }
    wish.may_call_several = fields.boolean("parallel_tool_calls").value_or(false);
    read_choice(fields, wish);
    return wish;
}

std::vector<ToolCall> read_calls(const Fields& message, const std::string& where) {
    std::vector<ToolCall> calls;
    const json* const list = message.find("tool_calls");
    if (!list) return calls;
    if (!list->is_array() || list->size() > most_tools)
        message.refuse("tool_calls", "a list of at most " + std::to_string(most_tools) + " calls");
    for (const json& each : *list) {
        const std::string place = where + "tool_calls[" + std::to_string(calls.size()) + "].";
        const json* const function = Fields(each, place).find("function");
        if (!function) throw bad_request(place + "function: expected a call, found none");
        const Fields called(*function, place + "function.");
        const json* const arguments = called.find("arguments");
        calls.push_back({called.text("name").value_or(""), arguments ? schema_text(*arguments) : "{}"});
        if (calls.back().name.empty())
            throw bad_request(place + "function.name: expected the name of a tool, found none");
    }
    return calls;
}

json call_json(const std::string& id, const ToolCall& call) {
    return {
        {"id", id}, {"type", "function"}, {"function", {{"name", call.name}, {"arguments", call.arguments}}}};
}

json arguments_json(const ToolCall& call) {
    const json arguments = json::parse(call.arguments, nullptr, /*allow_exceptions*/ false);
    return arguments.is_object() ? arguments : json::object();
}

std::string new_call_id() { return "call_" + random_id(); }

Grammar call_grammar(const ToolWish& wish, const Tokenizer& tokenizer, const Prompt& prompt) {
    rwkvk_call_rules rules = call_rules();
    if (!wish.only.empty()) rules.tool = wish.only.c_str();
    rules.must_call = wish.must_call;
    rules.has_several = wish.may_call_several;
    return rwkvk::call_grammar(tokenizer, prompt, rules);
}

}  // namespace rwkvk::server
