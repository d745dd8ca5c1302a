#pragma once
// How a conversation is written as text for the families of RWKV models. A prompt ends right behind the word
// that calls for an answer (or inside a tag): the next token brings its own space (or ">").

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/prompt.h"
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

/// What a model may call, and a call of it; `parameters` is a JSON schema, `arguments` a JSON object.
struct Tool {
    std::string name, description, parameters;
    bool operator==(const Tool&) const = default;
};
struct ToolCall {
    std::string name, arguments;
    bool operator==(const ToolCall&) const = default;
};

/// How tools are told of, and called.
enum class ToolForm {
    list,      // a line of JSON; a call is a fenced object
    markdown,  // a heading for each, and for each call
};
inline constexpr std::string_view call_heading = "**Tool Call:**", call_fence = "```json", call_end = "```";

/// What a template is made of.
struct ChatWords {
    /// What stands around a text.
    struct Frame {
        std::string before, after;
    };
    /// What is taken out of texts: `messages` cleans those of the person (clean_message), `all` system texts
    /// too; otherwise their ends are stripped.
    enum class Tidying { nothing, ends, messages, all };
    enum class Reasoning { never, on_or_off, graded };
    /// How the makers of the models sample: answers, those with reasoning before them, calls of tools.
    struct Sampling {
        SamplerParams answer, reasoning, call;
    };

    std::string name;
    Frame system = {}, user = {}, answer = {};  // a prompt ends without the blanks of answer.before
    Frame tool_result = {};                     // empty: no format for tools of its own
    std::string with_tools = {};                // the template that takes its place where there are tools
    ToolForm tool_form = ToolForm::markdown;
    bool results_fenced = false;      // as the calls are
    std::string default_system = {};  // stands where no system text is given
    std::vector<std::string> stops = {};
    std::string parting = {};  // parts turns and nothing else: taken out of texts
    Tidying tidying = Tidying::all;
    Reasoning reasoning = Reasoning::never;
    std::string no_reasoning = {};  // what Thinking::fast gives
    Sampling sampling = {};
};

/// One way to write conversations. A chat feeds: opening; then for each turn user_turn, the reply, and
/// after_answer where the reply is complete.
class ChatTemplate {
  public:
    explicit ChatTemplate(ChatWords words);

    const ChatWords& words() const { return words_; }
    const std::string& name() const { return words_.name; }
    /// Whether it knows other ways of thinking than none, and tools.
    bool can_think() const { return words_.reasoning != ChatWords::Reasoning::never; }
    bool has_tools() const { return !words_.tool_result.before.empty(); }

    /// What the conversation begins with; may be empty. With tools it says what there is and how they are
    /// called. Errors: Code::bad_argument for tools where has_tools is false.
    Prompt opening(std::string_view system, std::span<const Tool> tools = {}) const;
    /// A message of the person, its end included. Errors: Code::bad_argument for thinking that is unknown to
    /// it.
    Prompt message(std::string_view text, Thinking thinking = Thinking::none) const;
    /// What a tool gave back, JSON or plain text, in place of a message. Errors: Code::bad_argument where
    /// has_tools is false.
    Prompt tool_result(std::string_view result) const;
    /// What calls for an answer. Errors: as message.
    Prompt call_for_answer(Thinking thinking) const;
    /// The end of call_for_answer that asks for reasoning: not part of the history. Errors: as message.
    std::string prompt_end(Thinking thinking) const;
    /// An answer of the past, from call_for_answer on: without its reasoning, its end included. Errors: as
    /// opening.
    Prompt past_answer(std::string_view text, std::span<const ToolCall> calls = {}) const;
    /// An answer that has begun so, from call_for_answer on: what goes on from it is a reply as it stands.
    Prompt begun_answer(std::string_view text) const;
    /// past_answer behind call_for_answer(Thinking::none).
    Prompt rest_of_past_answer(std::string_view text, std::span<const ToolCall> calls = {}) const;
    /// What follows a complete answer before the next turn.
    const std::string& after_answer() const { return words_.answer.after; }

    /// message and call_for_answer; message and past_answer.
    Prompt user_turn(std::string_view message, Thinking thinking = Thinking::none) const;
    Prompt past_turn(std::string_view message, std::string_view answer) const;

    /// They end a reply; the end of text does too. Where one is a special token, that token ends it, not the
    /// text.
    const std::vector<std::string>& stop_strings() const { return words_.stops; }
    /// Where the reply takes over: whether its leading blanks are dropped and reasoning told apart.
    ReplyStart reply_start(Thinking thinking) const;
    SamplerParams sampling(Thinking thinking = Thinking::none) const;
    const SamplerParams& call_sampling() const { return words_.sampling.call; }

  private:
    bool is_verbatim() const { return words_.tidying == ChatWords::Tidying::nothing; }
    std::string tidied(std::string_view text, bool is_message) const;
    void require_thinking(Thinking thinking) const;
    void require_tools() const;

    ChatWords words_;
    std::string call_, gap_;  // answer.before, in two: its last blanks are the answer's own
};

/// "world", "g1", "bot", "tools", "chatml", "raven", "plain".
std::span<const ChatTemplate> all_chat_templates();

/// The template for conversations with tools of models that this one fits: itself, or another one.
/// Errors: Code::bad_argument where there is none.
const ChatTemplate& chat_template_with_tools(const ChatTemplate& format);

/// Errors: Code::bad_argument for an unknown name, listing those there are.
const ChatTemplate& chat_template(std::string_view name);

/// Of one's own, as docs/FORMATS.md describes: lines of KEY = "TEXT"; or Jinja, with "{%" in it, that the
/// rules of chat_template_for know.
/// Errors: Code::bad_argument naming `name` and the line.
ChatTemplate parse_chat_template(std::string_view file, const std::string& name);

struct ChatTemplateChoice {
    const ChatTemplate& format;
    bool by_file;           // the template in the file decided, else name, version and vocabulary
    bool declares_unknown;  // there is one in the file that says nothing to us
    std::string declared;   // its first line as messages show it, empty where there is none
};

/// The template that fits a model, by the first rule that holds:
/// - `declared` has "✿" in it: bot; "### User": tools; "<|im_start|>", or is "chatml": chatml;
/// - version 4, "raven" in the name, in any case: raven;
/// - version 7 on, a World vocabulary (65,529 to 65,536 ids), and a part of the name, between characters
///   that are neither letters nor digits, that is "g" and a digit and at most 2 more (g0, g1a, g0a2): g1;
/// - a World vocabulary: world;
/// - `declared` has "Assistant:" and "<think" in it: g1;
/// - `declared` is "rwkv-world" or has "Assistant:" in it: world;
/// - else: plain.
/// `name` is that of the file, `version` begins with its major number ("7.0", "7a"), `declared` is the
/// template in the file: Jinja, or the name of one of llama.cpp's; may be empty.
ChatTemplateChoice chat_template_for(std::string_view name, std::string_view version, uint32_t vocabulary,
                                     std::string_view declared = {});

}  // namespace rwkvk::text
