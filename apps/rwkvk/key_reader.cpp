#include "key_reader.h"

namespace rwkvk::app {
namespace {

constexpr int end = -1, escape = 033, quote_next = 'V' - '@';
constexpr const char *paste_begin = "\033[200~", *paste_end = "\033[201~";
constexpr size_t longest_paste = 16 << 20;  // characters; what follows is dropped

bool is_control(int key) { return key < ' ' || key == 0177; }

/// Terminals send the end of a line as a carriage return.
std::deque<int> with_line_feeds(const std::deque<int>& text) {
    std::deque<int> lines;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
        lines.push_back(text[i] == '\r' ? '\n' : text[i]);
    }
    if (!lines.empty() && lines.back() == '\n') lines.pop_back();
    return lines;
}

}  // namespace

int KeyReader::next_byte() {
    if (unread_bytes_.empty()) return next_byte_();
    const int byte = unread_bytes_.front();
    unread_bytes_.pop_front();
    return byte;
}

int KeyReader::next_character() {
    std::mbstate_t state{};
    while (true) {
        const int byte = next_byte();
        if (byte == end) return end;
        const char one = static_cast<char>(byte);
        wchar_t character = 0;
        const size_t used = std::mbrtowc(&character, &one, 1, &state);
        if (used == static_cast<size_t>(-1)) {
            state = {};
        } else if (used != static_cast<size_t>(-2)) {
            return static_cast<int>(character);
        }
    }
}

/// Whether these bytes come next. They are taken if so, and otherwise left; no byte is waited for that could
/// not be one of them.
bool KeyReader::follows(const char* text) {
    std::deque<int> read;
    for (; *text; ++text) {
        read.push_back(next_byte());
        if (read.back() == *text) continue;
        unread_bytes_.insert(unread_bytes_.begin(), read.begin(), read.end());
        return false;
    }
    return true;
}

void KeyReader::queue_paste() {
    std::deque<int> text;
    for (int key = next_character(); key != end; key = next_character()) {
        if (key == escape && follows(paste_end + 1)) break;
        if (text.size() < longest_paste && key != 0) text.push_back(key);
    }
    for (const int key : with_line_feeds(text)) {
        if (is_control(key)) keys_.push_back(quote_next);
        keys_.push_back(key);
    }
}

int KeyReader::next() {
    while (keys_.empty()) {
        const int key = next_character();
        if (key != escape || !follows(paste_begin + 1)) return key;
        queue_paste();
    }
    const int key = keys_.front();
    keys_.pop_front();
    return key;
}

bool ends_in_paste(std::string_view text) {
    const size_t begin = text.rfind(paste_begin);
    return begin != text.npos && text.find(paste_end, begin) == text.npos;
}

std::string without_paste_marks(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const bool mark = text.starts_with(paste_begin) || text.starts_with(paste_end);
        if (mark && text.starts_with(paste_end) && out.ends_with('\n')) out.pop_back();
        if (!mark) out += text.front();
        text.remove_prefix(mark ? std::string_view(paste_end).size() : 1);
    }
    return out;
}

}  // namespace rwkvk::app
