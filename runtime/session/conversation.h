#pragma once
// A conversation as the tokens that a model goes on from.

#include <span>
#include <string>
#include <vector>

#include "runtime/text/chat_template.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

enum class Role { system, user, assistant, tool };

struct Message {
    Role role;
    std::string text;
    std::vector<text::ToolCall> calls = {};  // of an assistant's
};

/// What ends a reply: tokens, and texts that are no tokens.
struct ReplyEnds {
    std::vector<text::Token> tokens;
    std::vector<std::string> texts;
};
ReplyEnds reply_ends(const text::ChatTemplate& format, const text::Tokenizer& tokenizer);

struct ConversationPrompt {
    std::string text;
    std::vector<text::Token> tokens;
    /// So many of them begin the conversation's next prompt too, whatever the answer is.
    size_t lasting_tokens = 0;
};

struct ConversationOptions {
    text::Thinking thinking = text::Thinking::none;
    std::span<const text::Tool> tools = {};
    bool continues = false;  // what a state holds already: without what conversations begin with
    bool answered = false;   // ends behind its last answer, for a state to hold
    bool begun = false;      // ends in its last answer, which goes on from there
};

/// The messages as the template writes them, up to where the answer begins. System messages at the beginning
/// are one, with a line end between them. Errors: Code::bad_argument where the last message is not a person's
/// or a tool's (answered, begun: not an answer), for an empty one of a person, and as ChatTemplate for thinking and
/// tools; Code::bad_text for one that is not UTF-8, or that the vocabulary does not cover.
ConversationPrompt conversation_prompt(std::span<const Message> messages, const text::ChatTemplate& format,
                                       const text::Tokenizer& tokenizer,
                                       const ConversationOptions& options = {});

}  // namespace rwkvk
