#pragma once
// How a conversation is written as text for the families of RWKV models. Turns are parted by one blank line,
// and a prompt ends right behind the colon (or inside a tag): the next token brings its own space (or ">").

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/sampler.h"
#include "runtime/text/think_splitter.h"

namespace rwkvk::text {

/// How much a model is to reason before it answers.
enum class Thinking {
    none,   // not asked to
    fast,   // an empty reasoning part is given to it
    free,   // as much as it likes
    a_bit,  // models from September 2025 on
    a_lot,  // models from September 2025 on
};

/// "none", "fast", "on", "little", "lot".
std::string_view name_of(Thinking thinking);

/// One way to write conversations. A chat feeds: opening; then for each turn user_turn, the reply, and
/// after_answer where the reply is complete. Messages are cleaned (clean_message) on the way in.
class ChatTemplate {
  public:
    /// Roles without a colon. No user role: text is passed on as it is, nothing is added, cleaned or
    /// stripped.
    struct Words {
        std::string_view name, system, user, assistant;
        std::string_view default_system;  // stands where no system text is given
    };
    enum class Family { plain, world, raven, g1 };

    constexpr ChatTemplate(Family family, const Words& words) : family_(family), words_(words) {}

    std::string_view name() const { return words_.name; }
    /// Whether it knows other ways of thinking than none, and tools.
    bool can_think() const { return family_ == Family::g1; }
    bool has_tools() const { return family_ == Family::g1; }

    /// What the conversation begins with; may be empty.
    std::string opening(std::string_view system) const;
    /// Up to the point where the reply begins. Errors: Code::bad_argument for thinking that is unknown to it.
    std::string user_turn(std::string_view message, Thinking thinking = Thinking::none) const;
    /// The end of user_turn, behind the colon, that asks for reasoning: not part of the history.
    std::string_view prompt_end(Thinking thinking) const;
    /// A whole turn of the past, its end included. The answer is only stripped; reasoning does not belong in
    /// it.
    std::string past_turn(std::string_view message, std::string_view answer) const;
    /// What follows a complete answer before the next turn.
    std::string_view after_answer() const;

    /// They end a reply; the end of text (token 0) does too. Paragraphs may be parted by blank lines.
    std::vector<std::string> stop_strings() const;
    /// Where the reply takes over: whether its leading space is dropped and reasoning told apart.
    ReplyStart reply_start(Thinking thinking) const;
    /// Values that the makers of these models use.
    SamplerParams sampling(Thinking thinking = Thinking::none) const;

    // Function calls: the prompt ends in an open "```json" fence, the reply is a JSON object and ends with
    // tool_stop_strings. Errors, all: Code::bad_argument where has_tools is false.

    /// In place of opening. One signature per tool: "name(argument: type, ...)".
    std::string tool_opening(std::span<const std::string> signatures) const;
    std::string tool_turn(std::string_view message) const;
    /// A turn that gives the result of a call back.
    std::string tool_result_turn(std::string_view json) const;
    /// The closing fence first, then stop_strings.
    std::vector<std::string> tool_stop_strings() const;
    /// In place of after_answer, behind the JSON object: closes the fence.
    std::string_view after_tool_call() const;

  private:
    std::string turn(std::string_view message, std::string_view prompt_end) const;
    void require_thinking(Thinking thinking) const;
    void require_tools() const;

    Family family_;
    Words words_;
};

/// "world", "raven", "g1", "plain".
std::span<const ChatTemplate> all_chat_templates();

/// Errors: Code::bad_argument for an unknown name, listing those there are.
const ChatTemplate& chat_template(std::string_view name);

/// The template that fits a model, by the first rule that holds:
/// - version 4, "raven" in the name, in any case: raven;
/// - version 7 on, a World vocabulary (65,529 to 65,536 ids), and a part of the name, between characters that
/// are
///   neither letters nor digits, that is "g" and a digit and at most 2 more characters (g0, g1a, g0a2): g1;
/// - a World vocabulary: world;
/// - `declared` has "Assistant:" and "<think" in it: g1;
/// - `declared` is "rwkv-world" or has "Assistant:" in it: world;
/// - else: plain.
/// `name` is that of the file, `version` begins with its major number ("7.0", "7a"), `declared` is the
/// template in the file: Jinja, or the name of one of llama.cpp's; may be empty.
const ChatTemplate& chat_template_for(std::string_view name, std::string_view version, uint32_t vocabulary,
                                      std::string_view declared = {});

}  // namespace rwkvk::text
