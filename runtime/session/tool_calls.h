#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/chat_template.h"

namespace rwkvk {

/// An answer in which a model calls tools.
struct ToolCalls {
    std::string text;  // before the first call; without calls all of the answer
    std::vector<text::ToolCall> calls;
};

/// Finds calls in the three forms that models were trained on:
///
///     **Tool Call:**        ```json        <tool_call>
///     ```json               {...}          {...}
///     {...}                 ```            </tool_call>
///     ```
///
/// each with {"name": "…", "arguments": {…}} in it; arguments may also be a string that holds such an object,
/// and at the end of the answer what closes a call may be missing. What is anything else is text. At most
/// max_tool_calls are found, and so many beginnings looked at that time is linear in the answer.
ToolCalls find_tool_calls(std::string_view answer);

inline constexpr size_t max_tool_calls = 64;

}  // namespace rwkvk
