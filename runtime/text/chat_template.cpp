#include "runtime/text/chat_template.h"

#include <algorithm>
#include <array>

#include "host/error.h"
#include "runtime/text/clean_message.h"

namespace rwkvk::text {
namespace {

constexpr std::string_view turn_end = "\n\n", open_fence = " ```json", close_fence = "\n```";

struct ThinkingWords {
    Thinking thinking;
    std::string_view name;
    std::string_view after_message, after_colon;
    ReplyStart reply;
};

constexpr std::array<ThinkingWords, 5> thinking_words = {{
    {Thinking::none, "none", "", "", ReplyStart::answer},
    {Thinking::fast, "fast", "", " <think>\n</think", ReplyStart::close_tag},
    {Thinking::free, "on", "", " <think", ReplyStart::open_tag},
    {Thinking::a_bit, "little", " (think a bit)", " <think", ReplyStart::open_tag},
    {Thinking::a_lot, "lot", " (think a lot)", " <think", ReplyStart::open_tag},
}};

const ThinkingWords& words_of(Thinking thinking) {
    const auto found = std::ranges::find(thinking_words, thinking, &ThinkingWords::thinking);
    RWKVK_ASSERT(found != thinking_words.end());
    return *found;
}

constexpr std::string_view raven_description =
    "The following is a detailed conversation between Bob and Alice. Alice is helpful and well informed, and "
    "answers all of Bob's questions.";

using Family = ChatTemplate::Family;
constexpr std::array<ChatTemplate, 4> templates = {{
    {Family::world, {"world", "System", "User", "Assistant", ""}},
    {Family::raven, {"raven", "", "Bob", "Alice", raven_description}},
    {Family::g1, {"g1", "System", "User", "Assistant", ""}},
    {Family::plain, {"plain", "", "", "", ""}},
}};

/// "a, b, c" of whatever `name_of_entry` gives.
template <typename Entries, typename Name>
std::string list(const Entries& entries, Name name_of_entry) {
    std::string out;
    for (const auto& entry : entries) out += concat(out.empty() ? "" : ", ", name_of_entry(entry));
    return out;
}

SamplerParams sampling_of(float temperature, float top_p, float presence, float frequency, float decay) {
    return {.temperature = temperature,
            .top_p = top_p,
            .penalties = {.presence = presence, .frequency = frequency, .decay = decay}};
}

}  // namespace

std::string_view name_of(Thinking thinking) { return words_of(thinking).name; }

std::string ChatTemplate::opening(std::string_view system) const {
    if (family_ == Family::plain) return std::string(system);
    const std::string given = clean_message(system);
    const std::string_view text = given.empty() ? words_.default_system : std::string_view(given);
    if (text.empty()) return {};
    return concat(words_.system, words_.system.empty() ? "" : ": ", text, turn_end);
}

std::string ChatTemplate::turn(std::string_view message, std::string_view prompt_end) const {
    return concat(words_.user, ": ", message, turn_end, words_.assistant, ":", prompt_end);
}

std::string ChatTemplate::user_turn(std::string_view message, Thinking thinking) const {
    require_thinking(thinking);
    if (family_ == Family::plain) return std::string(message);
    const ThinkingWords& words = words_of(thinking);
    return turn(clean_message(message) + std::string(words.after_message), words.after_colon);
}

std::string_view ChatTemplate::prompt_end(Thinking thinking) const {
    require_thinking(thinking);
    return words_of(thinking).after_colon;
}

std::string ChatTemplate::past_turn(std::string_view message, std::string_view answer) const {
    if (family_ == Family::plain) return concat(message, answer);
    return turn(clean_message(message), concat(" ", strip(answer), turn_end));
}

std::string_view ChatTemplate::after_answer() const { return family_ == Family::plain ? "" : turn_end; }

std::vector<std::string> ChatTemplate::stop_strings() const {
    std::vector<std::string> strings;
    for (const std::string_view role : {words_.user, words_.system, words_.assistant}) {
        if (!role.empty()) strings.push_back(concat(turn_end, role, ":"));
    }
    return strings;
}

ReplyStart ChatTemplate::reply_start(Thinking thinking) const {
    require_thinking(thinking);
    return family_ == Family::plain ? ReplyStart::verbatim : words_of(thinking).reply;
}

SamplerParams ChatTemplate::sampling(Thinking thinking) const {
    require_thinking(thinking);
    if (words_of(thinking).reply == ReplyStart::open_tag) {
        SamplerParams params = sampling_of(1.0f, 0.5f, 0.0f, 0.0f, 0.997f);
        params.top_k = 100;
        return params;
    }
    switch (family_) {
        case Family::plain:
            return sampling_of(1.0f, 0.85f, 0.2f, 0.2f, 0.996f);
        case Family::raven:
            return sampling_of(1.2f, 0.5f, 0.4f, 0.4f, 0.996f);
        case Family::world:
        case Family::g1:
            break;
    }
    return sampling_of(1.0f, 0.3f, 0.5f, 0.5f, 0.996f);
}

std::string ChatTemplate::tool_opening(std::span<const std::string> signatures) const {
    require_tools();
    std::string tools = "Tools:\n";
    for (const std::string& signature : signatures) tools += concat("- ", clean_message(signature), "\n");
    return opening(tools + "Return only a JSON function call.");
}

std::string ChatTemplate::tool_turn(std::string_view message) const {
    require_tools();
    return turn(clean_message(message), open_fence);
}

std::string ChatTemplate::tool_result_turn(std::string_view json) const {
    return tool_turn(concat("Function output:\n", json));
}

std::vector<std::string> ChatTemplate::tool_stop_strings() const {
    require_tools();
    std::vector<std::string> strings = stop_strings();
    strings.emplace(strings.begin(), close_fence);
    return strings;
}

std::string_view ChatTemplate::after_tool_call() const {
    require_tools();
    return "\n```\n\n";
}

void ChatTemplate::require_thinking(Thinking thinking) const {
    if (thinking == Thinking::none || can_think()) return;
    throw Error(Code::bad_argument,
                concat("chat template ", name(), ": expected thinking 'none', found ",
                       quote(name_of(thinking)), ": use template g1, if the model knows it"));
}

void ChatTemplate::require_tools() const {
    if (has_tools()) return;
    throw Error(
        Code::bad_argument,
        concat("chat template ", name(), " has no format for tools: use template g1, if the model knows it"));
}

std::span<const ChatTemplate> all_chat_templates() { return templates; }

const ChatTemplate& chat_template(std::string_view name) {
    const auto found = std::ranges::find(templates, name, &ChatTemplate::name);
    if (found != templates.end()) return *found;
    throw Error(Code::bad_argument, concat("chat template: expected one of ",
                                           list(templates, [](const auto& each) { return each.name(); }),
                                           ", found ", quote(name)));
}

}  // namespace rwkvk::text
