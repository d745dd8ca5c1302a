#include "runtime/session/tool_calls.h"

#include <algorithm>
#include <optional>

#include "host/error.h"
#include "runtime/load/json.h"
#include "runtime/text/clean_message.h"
#include "runtime/text/json_text.h"

namespace rwkvk {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr size_t most_beginnings = 256, most_values = 1 << 16;

struct Form {
    std::string_view heading, open, close;
};
constexpr Form forms[] = {
    {"**Tool Call:**", "```json", "```"}, {"", "```json", "```"}, {"<tool_call>", "", "</tool_call>"}};

std::string_view without_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

/// Takes the mark, and blanks before it, from the beginning of the text.
bool take(std::string_view& text, std::string_view mark) {
    const std::string_view rest = without_blanks(text);
    if (!rest.starts_with(mark)) return false;
    text = rest.substr(mark.size());
    return true;
}

bool is_json_object(std::string_view text) {
    try {
        return load::Json(text, "arguments", most_values).root().kind() == load::JsonKind::object;
    } catch (const Error&) {
        return false;
    }
}

std::optional<text::ToolCall> call_of(std::string_view written) {
    try {
        const load::Json json(written, "call", most_values);
        const load::JsonValue arguments = json.root().member("arguments");
        text::ToolCall call{.name = json.root().member("name").text(), .arguments = {}};
        if (arguments.kind() == load::JsonKind::text) {
            call.arguments = text::strip(arguments.text());
            if (!is_json_object(call.arguments)) return std::nullopt;
        } else if (arguments.kind() == load::JsonKind::object) {
            const size_t end = text::json_container_end(written, arguments.at());
            call.arguments = written.substr(arguments.at(), end - arguments.at());
        } else {
            return std::nullopt;
        }
        return call;
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// The call with which the text begins; the text is then what follows it.
std::optional<text::ToolCall> take_call(std::string_view& text, const Form& form) {
    std::string_view rest = text;
    if (!take(rest, form.heading) || !take(rest, form.open)) return std::nullopt;
    rest = without_blanks(rest);
    if (!rest.starts_with('{')) return std::nullopt;
    const size_t end = text::json_container_end(rest, 0);
    if (end == rest.npos) return std::nullopt;
    auto call = call_of(rest.substr(0, end));
    rest.remove_prefix(end);
    if (!call || (!take(rest, form.close) && !without_blanks(rest).empty())) return std::nullopt;
    text = rest;
    return call;
}

std::optional<text::ToolCall> take_call(std::string_view& text) {
    for (const Form& form : forms) {
        if (auto call = take_call(text, form)) return call;
    }
    return std::nullopt;
}

/// Where a call may begin: at the first heading or fence.
size_t find_beginning(std::string_view text) {
    size_t first = text.npos;
    for (const Form& form : forms)
        first = std::min(first, text.find(form.heading.empty() ? form.open : form.heading));
    return first;
}

}  // namespace

ToolCalls find_tool_calls(std::string_view answer) {
    ToolCalls found{.text = std::string(answer), .calls = {}};
    std::string_view rest = answer;
    for (size_t tries = 0; tries < most_beginnings && found.calls.size() < max_tool_calls; ++tries) {
        rest.remove_prefix(std::min(find_beginning(rest), rest.size()));
        if (rest.empty()) break;
        const size_t begin = answer.size() - rest.size();
        if (auto call = take_call(rest)) {
            if (found.calls.empty()) found.text.resize(begin);
            found.calls.push_back(std::move(*call));
        } else {
            rest.remove_prefix(1);
        }
    }
    return found;
}

}  // namespace rwkvk
