#pragma once

#include <optional>
#include <string>

namespace rwkvk::app {

/// What a person types: messages of one or more lines. A line that ends in \ goes on in the next one, and
/// everything between two """ is one message. With libedit lines can be edited and earlier ones
/// recalled, also those of former sessions.
class ChatInput {
  public:
    explicit ChatInput(bool interactive);
    ~ChatInput();
    ChatInput(const ChatInput&) = delete;
    ChatInput& operator=(const ChatInput&) = delete;

    /// The next message; nothing at the end of the input.
    std::optional<std::string> read();

  private:
    std::optional<std::string> read_line(const char* prompt);
    std::string read_block(std::string line);

    bool interactive_;
    std::string history_file_;
};

}  // namespace rwkvk::app
