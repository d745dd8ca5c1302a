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
};

enum class After { prompt, answer, leave };

/// Carries out a line that begins with a slash. `answer`: an answer is to be made anew.
/// Errors: of the chat; RWKVK_BAD_ARGUMENT for an unknown command.
After run_command(ChatSession& session, const std::string& line);

}  // namespace rwkvk::app
