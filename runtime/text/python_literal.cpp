#include "runtime/text/python_literal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "host/error.h"
#include "runtime/text/utf8.h"

namespace rwkvk::text {
namespace {

[[noreturn]] void refuse(const std::string& reason) { throw Error(Code::bad_file, reason); }

/// Reads the inside of one literal from left to right.
class Reader {
  public:
    Reader(std::string_view body, char quote, bool is_bytes)
        : rest_(body), quote_(quote), is_bytes_(is_bytes) {}

    std::string read() {
        std::string bytes;
        while (!rest_.empty()) {
            if (rest_[0] == '\\') {
                append_value(bytes, escape());
            } else {
                append_plain(bytes);
            }
        }
        return bytes;
    }

  private:
    void append_plain(std::string& bytes) {
        if (rest_[0] == quote_) refuse(concat("the quote ", quote_, " inside the literal needs a backslash"));
        const Utf8Piece piece = first_utf8_piece(rest_);
        if (piece.kind != Utf8::character) refuse("the literal is not UTF-8");
        if (is_bytes_ && piece.size_bytes > 1) refuse("a bytes literal holds a character that is not ASCII");
        bytes += rest_.substr(0, piece.size_bytes);
        rest_.remove_prefix(piece.size_bytes);
    }

    void append_value(std::string& bytes, uint32_t value) {
        if (is_bytes_) {
            if (value > 0xff) refuse(concat("the escape of value ", value, " does not fit in a byte"));
            bytes += static_cast<char>(value);
        } else {
            if (!is_unicode_scalar(value))
                refuse(concat("the escape of value ", value, " is no Unicode character"));
            append_utf8(bytes, value);
        }
    }

    uint32_t escape() {
        if (rest_.size() < 2) refuse("the literal ends inside an escape");
        const char letter = rest_[1];
        rest_.remove_prefix(1);
        if (letter >= '0' && letter <= '7') return octal();
        rest_.remove_prefix(1);
        switch (letter) {
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case 'a':
                return '\a';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case '\\':
            case '\'':
            case '"':
                return static_cast<unsigned char>(letter);
            case 'x':
                return hexadecimal(2);
            default:
                break;
        }
        if (!is_bytes_ && letter == 'u') return hexadecimal(4);
        if (!is_bytes_ && letter == 'U') return hexadecimal(8);
        refuse(concat("unknown escape: a backslash, then byte ",
                      static_cast<unsigned>(static_cast<uint8_t>(letter)),
                      is_bytes_ ? " in a bytes literal" : " in a text literal"));
    }

    uint32_t octal() {
        uint32_t value = 0;
        for (int digits = 0; digits < 3 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7'; ++digits) {
            value = value * 8 + static_cast<uint32_t>(rest_[0] - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    uint32_t hexadecimal(size_t digits) {
        uint32_t value = 0;
        const char* const begin = rest_.data();
        const char* const end = begin + std::min(digits, rest_.size());
        const auto [stop, fault] = std::from_chars(begin, end, value, 16);
        if (fault != std::errc() || stop != begin + digits)
            refuse(concat("an escape needs ", digits, " hex digits"));
        rest_.remove_prefix(digits);
        return value;
    }

    std::string_view rest_;
    const char quote_;
    const bool is_bytes_;
};

}  // namespace

std::string bytes_of_python_literal(std::string_view literal) {
    const bool is_bytes = literal.starts_with('b');
    if (is_bytes) literal.remove_prefix(1);
    const char quote = literal.empty() ? '\0' : literal[0];
    if ((quote != '\'' && quote != '"') || literal.size() < 2 || literal.back() != quote) {
        refuse("expected a literal in quotes, like 'text' or b'bytes'");
    }
    return Reader(literal.substr(1, literal.size() - 2), quote, is_bytes).read();
}

}  // namespace rwkvk::text
