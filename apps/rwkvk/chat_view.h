#pragma once

#include <string>
#include <string_view>

#include "command.h"

namespace rwkvk::app {

/// Shows answers as they come: the answer on stdout; on a terminal the reasoning dimmed before it, or folded
/// into one line.
class ChatView {
  public:
    explicit ChatView(bool interactive);

    void begin();
    /// Errors: RWKVK_IO when stdout cannot be written.
    void show(int32_t part, std::string_view text);
    void end(const rwkvk_chat_reply& reply, const rwkvk_chat_info& info, uint64_t state_bytes);
    /// One dim line for the person.
    void note(const std::string& line) const;

    void fold(bool folded) { folded_ = folded; }
    bool folded() const { return folded_; }
    const std::string& last_reasoning() const { return reasoning_; }

  private:
    void write(std::string_view text, bool dim);

    bool interactive_, color_, folded_ = false;
    bool dim_ = false, answered_ = false;
    std::string reasoning_;
};

}  // namespace rwkvk::app
