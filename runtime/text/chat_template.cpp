#include "runtime/text/chat_template.h"

#include <algorithm>
#include <array>
#include <utility>

#include "host/error.h"
#include "runtime/text/clean_message.h"
#include "runtime/text/json_text.h"

namespace rwkvk::text {
namespace {

struct ThinkingWords {
    Thinking thinking;
    std::string_view name;
    ChatWords::Reasoning least;  // that a template must know
    std::string_view after_message;
    ReplyStart reply;
};

constexpr std::array<ThinkingWords, 5> thinking_words = {{
    {Thinking::none, "none", ChatWords::Reasoning::never, "", ReplyStart::answer},
    {Thinking::fast, "fast", ChatWords::Reasoning::on_or_off, "", ReplyStart::close_tag},
    {Thinking::free, "on", ChatWords::Reasoning::on_or_off, "", ReplyStart::open_tag},
    {Thinking::a_bit, "little", ChatWords::Reasoning::graded, " (think a bit)", ReplyStart::open_tag},
    {Thinking::a_lot, "lot", ChatWords::Reasoning::graded, " (think a lot)", ReplyStart::open_tag},
}};

constexpr std::string_view reasoning_begins = "<think";

const ThinkingWords& words_of(Thinking thinking) {
    const auto found = std::ranges::find(thinking_words, thinking, &ThinkingWords::thinking);
    RWKVK_ASSERT(found != thinking_words.end());
    return *found;
}

/// The text without any `part`, also where taking one out makes another.
std::string without(std::string_view text, std::string_view part) {
    if (part.empty()) return std::string(text);
    std::string out;
    for (const char c : text) {
        out += c;
        if (out.ends_with(part)) out.resize(out.size() - part.size());
    }
    return out;
}

void add_line(std::string& lines, std::string_view line) {
    if (!lines.empty()) lines += '\n';
    lines += line;
}

void add_fenced_json(std::string& lines, std::string_view json) {
    add_line(lines, call_fence);
    add_line(lines, json);
    add_line(lines, call_end);
}

std::string_view or_empty_object(std::string_view json) { return json.empty() ? "{}" : json; }

void add_tool_list(std::string& lines, std::span<const Tool> tools) {
    std::string list;
    for (const Tool& tool : tools) {
        list += concat(list.empty() ? "" : ",", "{\"name\":", json_string(tool.name));
        if (!tool.description.empty()) list += concat(",\"description\":", json_string(tool.description));
        list += concat(",\"parameters\":", or_empty_object(tool.parameters), "}");
    }
    add_line(lines, concat("Tools: [", list, "]"));
    add_line(lines, "Return only a JSON function call.");
}

void add_tool_headings(std::string& lines, std::span<const Tool> tools) {
    for (const Tool& tool : tools) {
        add_line(lines, concat("### `", tool.name, "`"));
        if (!tool.description.empty()) add_line(lines, concat("**Description:** ", tool.description));
        add_line(lines, "**Parameters:**");
        add_fenced_json(lines, indented_json(or_empty_object(tool.parameters)));
    }
    add_line(lines, "To call one of these tools, write exactly this format:");
    add_line(lines, call_heading);
    add_fenced_json(lines, R"({"name": "tool_name", "arguments": {"key": "value"}})");
    add_line(lines, "Do not invent tool call IDs or write tool outputs yourself.");
}

/// Behind the system text.
void add_tools(std::string& lines, std::span<const Tool> tools, ToolForm form) {
    if (tools.empty()) return;
    form == ToolForm::list ? add_tool_list(lines, tools) : add_tool_headings(lines, tools);
}

void add_calls(std::string& lines, std::span<const ToolCall> calls, ToolForm form) {
    for (const ToolCall& call : calls) {
        const std::string json = concat("{\"name\": ", json_string(call.name),
                                        ", \"arguments\": ", or_empty_object(call.arguments), "}");
        if (form == ToolForm::markdown) add_line(lines, call_heading);
        add_fenced_json(lines, form == ToolForm::markdown ? indented_json(json) : json);
    }
}

Error no_tools(const std::string& name) {
    return Error(Code::bad_argument, concat("chat template ", name,
                                            " has no format for tools: use template tools or g1, "
                                            "if the model knows it"));
}

}  // namespace

std::string_view name_of(Thinking thinking) { return words_of(thinking).name; }

ChatTemplate::ChatTemplate(ChatWords words) : words_(std::move(words)) {
    const std::string& before = words_.answer.before;
    const size_t end = before.find_last_not_of(' ') + 1;
    call_ = before.substr(0, end);
    gap_ = before.substr(end);
}

std::string ChatTemplate::tidied(std::string_view text, bool is_message) const {
    using enum ChatWords::Tidying;
    if (is_verbatim()) return std::string(text);
    const std::string inside = without(text, words_.parting);
    if (words_.tidying == all || (words_.tidying == messages && is_message)) return clean_message(inside);
    return std::string(strip(inside));
}

Prompt ChatTemplate::opening(std::string_view system, std::span<const Tool> tools) const {
    if (!tools.empty()) require_tools();
    std::string text = tidied(system, /*is_message*/ false);
    if (text.empty()) text = words_.default_system;
    add_tools(text, tools, words_.tool_form);
    if (text.empty()) return {};
    return Prompt(words_.system.before)
        .add_message(tidied(text, /*is_message*/ false))
        .add_words(words_.system.after);
}

Prompt ChatTemplate::message(std::string_view text, Thinking thinking) const {
    require_thinking(thinking);
    return Prompt(words_.user.before)
        .add_message(tidied(text, /*is_message*/ true))
        .add_words(words_of(thinking).after_message)
        .add_words(words_.user.after);
}

Prompt ChatTemplate::tool_result(std::string_view result) const {
    require_tools();
    std::string lines(strip(result));
    if (words_.results_fenced) {
        const std::string json = is_json_container(lines) ? indented_json(lines) : json_string(lines);
        lines.clear();
        add_fenced_json(lines, json);
    }
    return Prompt(words_.tool_result.before)
        .add_message(tidied(lines, /*is_message*/ true))
        .add_words(words_.tool_result.after);
}

Prompt ChatTemplate::call_for_answer(Thinking thinking) const {
    return Prompt(call_).add_words(prompt_end(thinking));
}

std::string ChatTemplate::prompt_end(Thinking thinking) const {
    require_thinking(thinking);
    if (thinking == Thinking::none) return {};
    return concat(gap_, thinking == Thinking::fast ? words_.no_reasoning : reasoning_begins);
}

Prompt ChatTemplate::rest_of_past_answer(std::string_view text, std::span<const ToolCall> calls) const {
    if (!calls.empty()) require_tools();
    std::string lines(is_verbatim() ? text : strip(text));
    add_calls(lines, calls, words_.tool_form);
    return Prompt(gap_).add_message(without(lines, words_.parting)).add_words(words_.answer.after);
}

Prompt ChatTemplate::past_answer(std::string_view text, std::span<const ToolCall> calls) const {
    return Prompt(call_).add(rest_of_past_answer(text, calls));
}

Prompt ChatTemplate::begun_answer(std::string_view text) const {
    const std::string_view inside = strip(text);
    if (inside.empty()) return Prompt(call_);
    if (!is_verbatim()) text.remove_prefix(static_cast<size_t>(inside.data() - text.data()));
    return Prompt(call_).add_words(gap_).add_message(text);
}

Prompt ChatTemplate::user_turn(std::string_view text, Thinking thinking) const {
    return message(text, thinking).add(call_for_answer(thinking));
}

Prompt ChatTemplate::past_turn(std::string_view text, std::string_view answer) const {
    return message(text).add(past_answer(answer));
}

ReplyStart ChatTemplate::reply_start(Thinking thinking) const {
    require_thinking(thinking);
    return is_verbatim() ? ReplyStart::verbatim : words_of(thinking).reply;
}

SamplerParams ChatTemplate::sampling(Thinking thinking) const {
    require_thinking(thinking);
    return words_of(thinking).reply == ReplyStart::open_tag ? words_.sampling.reasoning
                                                            : words_.sampling.answer;
}

void ChatTemplate::require_thinking(Thinking thinking) const {
    if (words_.reasoning >= words_of(thinking).least) return;
    throw Error(Code::bad_argument,
                concat("chat template ", name(), ": expected thinking ",
                       can_think() ? "'none', 'fast' or 'on'" : "'none'", ", found ",
                       quote(name_of(thinking)), ": use template g1, if the model knows it"));
}

void ChatTemplate::require_tools() const {
    if (!has_tools()) throw no_tools(name());
}

const ChatTemplate& chat_template_with_tools(const ChatTemplate& format) {
    if (format.has_tools()) return format;
    const std::string& other = format.words().with_tools;
    if (other.empty()) throw no_tools(format.name());
    return chat_template(other);
}

}  // namespace rwkvk::text
