#pragma once

#include <cwchar>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace rwkvk::app {

/// A terminal that was told so puts pasted text between two marks.
inline constexpr const char *paste_on = "\033[?2004h", *paste_off = "\033[?2004l";

/// What a terminal sends, as characters for a line editor that does not know pastes: each control character
/// of a paste comes behind ^V, so that a line feed is text and not the end of the line. A paste's own last
/// line feed is dropped: a person ends the message.
class KeyReader {
  public:
    /// `next_byte` gives -1 when there are no more.
    explicit KeyReader(std::function<int()> next_byte) : next_byte_(std::move(next_byte)) {}

    /// A code point, or -1 at the end. What is no character of the locale is left out.
    int next();

  private:
    int next_byte();
    int next_character();
    bool follows(const char* text);
    void queue_paste();

    std::function<int()> next_byte_;
    std::deque<int> unread_bytes_;
    std::deque<int> keys_;
};

/// For terminals in line mode: whether a paste goes on in the next line, and the text itself.
bool ends_in_paste(std::string_view text);
std::string without_paste_marks(std::string_view text);

}  // namespace rwkvk::app
