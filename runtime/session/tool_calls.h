#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/chat_template.h"

namespace rwkvk {

/// Of an answer in which a model calls tools.
struct ToolCalls {
    std::string text;  // before the first call; without calls all of the answer
    std::vector<text::ToolCall> calls;

    ToolCalls& operator+=(ToolCalls more);
};

inline constexpr size_t max_tool_calls = 64;  // of an answer

/// Finds calls in an answer while it comes, in the three forms that models were trained on:
///
///     **Tool Call:**        ```json        <tool_call>
///     ```json               {...}          {...}
///     {...}                 ```            </tool_call>
///     ```
///
/// each with {"name": "…", "arguments": {…}} in it; arguments may also be a string that holds such an object,
/// and at the end of the answer what closes a call may be missing. What is anything else is text. So many
/// beginnings are looked at that time is linear in the answer, but for pieces of a call.
class ToolCallReader {
  public:
    /// What has become certain by more of the answer.
    ToolCalls take(std::string_view more);
    /// What is left when there is no more.
    ToolCalls finish();

  private:
    ToolCalls read(bool is_all);

    std::string held_;  // what may still become a call
    size_t calls_ = 0, tries_ = 0;
};

/// Those of a whole answer.
ToolCalls find_tool_calls(std::string_view answer);

}  // namespace rwkvk
