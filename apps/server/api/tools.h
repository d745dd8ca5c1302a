#pragma once
// What a model may call, and the calls in conversations, as OpenAI's chats have them.

#include <nlohmann/json.hpp>
#include <rwkvk_calls.hpp>
#include <string>
#include <vector>

#include "fields.h"

namespace rwkvk::server {

constexpr size_t most_tools = 128;

struct Tool {
    std::string name, description, parameters;  // a schema
    bool is_strict = false;
};

struct ToolWish {
    std::vector<Tool> tools;  // none: no tool may be called
    std::string only;         // "": any of them
    bool must_call = false, may_call_several = false;
};

/// "tools", "tool_choice", "parallel_tool_calls". Errors: ApiError.
ToolWish read_tools(const Fields& fields);
/// Of an answer of the assistant's: "tool_calls". Errors: ApiError.
std::vector<ToolCall> read_calls(const Fields& message, const std::string& where);

/// {"id", "type": "function", "function": {"name", "arguments"}}
nlohmann::json call_json(const std::string& id, const ToolCall& call);
/// The arguments of a call as an object.
nlohmann::json arguments_json(const ToolCall& call);
/// A new one for a call.
std::string new_call_id();

/// What holds an answer to the calls that are wanted. Errors: rwkvk::Error, RWKVK_BAD_ARGUMENT.
Grammar call_grammar(const ToolWish& wish, const Tokenizer& tokenizer, const Prompt& prompt);

}  // namespace rwkvk::server
