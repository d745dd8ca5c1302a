#include "runtime/session/tool_calls.h"

#include <algorithm>
#include <iterator>
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
    std::string_view mark() const { return heading.empty() ? open : heading; }
};
constexpr Form forms[] = {{text::call_heading, text::call_fence, text::call_end},
                          {"", text::call_fence, text::call_end},
                          {"<tool_call>", "", "</tool_call>"}};

enum class Is { call, text, open };  // open: more of the answer will tell

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

/// A proper beginning of the mark, blanks before it aside.
bool begins(std::string_view mark, std::string_view text) {
    const std::string_view rest = without_blanks(text);
    return rest.size() < mark.size() && mark.starts_with(rest);
}

/// Objects in fences are common in answers: which are no calls is told as soon as it shows.
bool may_be_call(std::string_view object) {
    const std::string_view key = without_blanks(object.substr(1));
    for (const std::string_view first : {"\"name\"", "\"arguments\"", "\"id\"", "\"type\""}) {
        if (key.starts_with(first) || first.starts_with(key)) return true;
    }
    return false;
}

struct Reading {
    Is what;
    text::ToolCall call = {};
    size_t bytes = 0;  // of it
};

/// What the text begins with, whose mark is the form's.
Reading read_call(std::string_view text, const Form& form, bool is_all) {
    const auto unless = [&](bool goes_on) { return Reading{goes_on && !is_all ? Is::open : Is::text}; };
    std::string_view rest = text;
    if (!take(rest, form.heading) || !take(rest, form.open)) return unless(begins(form.open, rest));
    rest = without_blanks(rest);
    if (!rest.starts_with('{')) return unless(rest.empty());
    const size_t end = text::json_container_end(rest, 0);
    if (end == rest.npos) return unless(form.mark() != text::call_fence || may_be_call(rest));
    auto call = call_of(rest.substr(0, end));
    rest.remove_prefix(end);
    if (!call) return {Is::text};
    if (!take(rest, form.close)) {
        if (!without_blanks(rest).empty() || !is_all) return unless(begins(form.close, rest));
        rest = {};
    }
    return {Is::call, std::move(*call), text.size() - rest.size()};
}

/// The form whose mark the text begins with, if any.
const Form* form_of(std::string_view text) {
    const auto found =
        std::ranges::find_if(forms, [&](const Form& form) { return text.starts_with(form.mark()); });
    return found == std::end(forms) ? nullptr : &*found;
}

/// Where a call may begin: at the first mark, or at the end with the beginning of one.
size_t find_beginning(std::string_view text, bool is_all) {
    size_t first = text.size();
    for (const Form& form : forms) {
        const std::string_view mark = form.mark();
        first = std::min(first, text.find(mark));
        for (size_t count = std::min(mark.size() - 1, text.size()); !is_all && count > 0; --count) {
            if (text.ends_with(mark.substr(0, count))) first = std::min(first, text.size() - count);
        }
    }
    return first;
}

}  // namespace

ToolCalls& ToolCalls::operator+=(ToolCalls more) {
    text += more.text;
    std::ranges::move(more.calls, std::back_inserter(calls));
    return *this;
}

ToolCalls ToolCallReader::take(std::string_view more) {
    held_ += more;
    return read(/*is_all*/ false);
}

ToolCalls ToolCallReader::finish() { return read(/*is_all*/ true); }

ToolCalls ToolCallReader::read(bool is_all) {
    ToolCalls found;
    std::string_view rest = held_;
    const auto tell = [&](size_t bytes) {
        if (calls_ == 0) found.text += rest.substr(0, bytes);
        rest.remove_prefix(bytes);
    };
    while (!rest.empty()) {
        const bool is_done = calls_ == max_tool_calls || tries_ == most_beginnings;
        tell(is_done ? rest.size() : find_beginning(rest, is_all));
        const Form* const form = form_of(rest);
        if (!form) break;
        Reading reading = read_call(rest, *form, is_all);
        if (reading.what == Is::open) break;
        ++tries_;
        if (reading.what == Is::text) {
            tell(1);
            continue;
        }
        found.calls.push_back(std::move(reading.call));
        ++calls_;
        rest.remove_prefix(reading.bytes);
    }
    held_ = std::string(rest);
    return found;
}

ToolCalls find_tool_calls(std::string_view answer) {
    ToolCallReader reader;
    ToolCalls found = reader.take(answer);
    found += reader.finish();
    return found;
}

}  // namespace rwkvk
