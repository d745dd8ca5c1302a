#include "runtime/session/conversation.h"

#include <algorithm>

#include "host/error.h"
#include "runtime/text/clean_message.h"
#include "runtime/text/utf8.h"

namespace rwkvk {
namespace {

void check(std::span<const Message> messages, const ConversationOptions& options) {
    for (size_t i = 0; i < messages.size(); ++i) {
        const Message& message = messages[i];
        if (const int64_t at = text::find_ill_formed_utf8(message.text); at >= 0)
            throw Error(Code::bad_text, concat("byte ", at, " of message ", i, " is not UTF-8"));
        if (message.role == Role::user && text::strip(message.text).empty())
            throw Error(Code::bad_argument, concat("message ", i, " is empty: say something"));
    }
    const Role last = messages.empty() ? Role::system : messages.back().role;
    if (options.answered && last != Role::assistant)
        throw Error(Code::bad_argument, "the last message is no answer, behind which a state could be taken");
    if (options.begun && last != Role::assistant)
        throw Error(Code::bad_argument, "the last message is no answer that could be gone on with");
    if (options.answered || options.begun || last == Role::user || last == Role::tool) return;
    throw Error(Code::bad_argument,
                "the last message is what is answered: expected one of the user or of a tool");
}

/// How many messages are the system's before any other.
size_t opening_messages(std::span<const Message> messages) {
    const auto first =
        std::ranges::find_if(messages, [](const Message& m) { return m.role != Role::system; });
    return static_cast<size_t>(first - messages.begin());
}

/// The messages before the answer, the last one with what asks for so much thinking.
text::Prompt history(std::span<const Message> messages, const text::ChatTemplate& format,
                     const ConversationOptions& options) {
    const size_t first = opening_messages(messages);
    std::string system;
    for (const Message& message : messages.first(first))
        system += (system.empty() ? "" : "\n") + message.text;
    text::Prompt prompt;
    if (!options.continues || !system.empty() || !options.tools.empty())
        prompt = format.opening(system, options.tools);
    for (const Message& message : messages.subspan(first)) {
        switch (message.role) {
            case Role::system:
                prompt.add(format.opening(message.text));
                break;
            case Role::user:
                prompt.add(format.message(
                    message.text, &message == &messages.back() ? options.thinking : text::Thinking::none));
                break;
            case Role::assistant:
                prompt.add(format.past_answer(message.text, message.calls));
                break;
            case Role::tool:
                prompt.add(format.tool_result(message.text));
                break;
        }
    }
    return prompt;
}

}  // namespace

ReplyEnds reply_ends(const text::ChatTemplate& format, const text::Tokenizer& tokenizer) {
    ReplyEnds ends;
    for (const std::string& stop : format.stop_strings()) {
        const auto special = tokenizer.special_token(stop);
        if (special && special->size_bytes == stop.size()) {
            ends.tokens.push_back(special->id);
        } else {
            ends.texts.push_back(stop);
        }
    }
    if (const int64_t end = tokenizer.end_of_text(); end >= 0)
        ends.tokens.push_back(static_cast<text::Token>(end));
    return ends;
}

ConversationPrompt conversation_prompt(std::span<const Message> messages, const text::ChatTemplate& format,
                                       const text::Tokenizer& tokenizer, const ConversationOptions& options) {
    check(messages, options);
    const std::string begun = options.begun ? messages.back().text : "";
    if (options.begun) messages = messages.first(messages.size() - 1);
    text::Prompt prompt = history(messages, format, options);
    if (options.begun) {
        prompt.add(format.begun_answer(begun));
    } else if (!options.answered) {
        prompt.add(format.call_for_answer(options.thinking));
    }
    ConversationPrompt result{.text = prompt.text(), .tokens = prompt.encode(tokenizer)};
    result.lasting_tokens = result.tokens.size();
    if (options.answered) return result;
    // As the next prompt has it, with some answer.
    ConversationOptions later_options = options;
    later_options.thinking = text::Thinking::none;
    text::Prompt next = history(messages, format, later_options);
    const std::vector<text::Token> later = next.add(format.past_answer(begun + "x")).encode(tokenizer);
    result.lasting_tokens =
        static_cast<size_t>(std::ranges::mismatch(result.tokens, later).in1 - result.tokens.begin());
    return result;
}

}  // namespace rwkvk
