#pragma once

#include <string>
#include <vector>

#include "chat_view.h"
#include "command.h"
#include "outputs.h"

namespace rwkvk::app {

struct ChatSession {
    Chat& chat;
    ChatView& view;
    uint64_t state_bytes;
    Context& context;
    uint64_t seed;
    std::vector<NamedFile> inputs;
    Receipt* receipt;  // or null
};

enum class After { prompt, answer, leave };

/// A slash, a word of lower-case letters, then a blank, a line's end or nothing: a path and a comment in
/// code are messages.
bool is_command(const std::string& message);

/// Carries out what is_command. `answer`: an answer is to be made anew.
/// Errors: of the chat; RWKVK_BAD_ARGUMENT for an unknown command.
After run_command(ChatSession& session, const std::string& message);

}  // namespace rwkvk::app
