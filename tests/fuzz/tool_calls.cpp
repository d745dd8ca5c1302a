// An answer with calls of tools in it.

#include "runtime/session/tool_calls.h"

#include "host/error.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    const ToolCalls found = find_tool_calls(input);
    RWKVK_ASSERT(input.starts_with(found.text) && found.calls.size() <= max_tool_calls);
    RWKVK_ASSERT(!found.calls.empty() || found.text == input);
    ToolCallReader reader;
    ToolCalls pieces = reader.take(input.substr(0, input.size() / 2));
    pieces += reader.take(input.substr(input.size() / 2));
    pieces += reader.finish();
    RWKVK_ASSERT(pieces.text == found.text && pieces.calls == found.calls);
    const text::ChatTemplate& format = text::chat_template("tools");
    const std::string again = format.rest_of_past_answer("", found.calls).text();
    RWKVK_ASSERT(find_tool_calls(again).calls.size() <= found.calls.size());
    format.tool_result(input);
}
