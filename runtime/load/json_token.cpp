#include "runtime/load/json_token.h"

#include <algorithm>
#include <charconv>

#include "runtime/load/bytes.h"
#include "runtime/text/utf8.h"

namespace rwkvk::load {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char at_or_nul(std::string_view text, size_t at) { return at < text.size() ? text[at] : '\0'; }

uint32_t read_hex4(const JsonSource& source, size_t at) {
    uint32_t value = 0;
    const std::string_view digits = source.text.substr(std::min(at, source.text.size()), 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() < 4 || error != std::errc() || end != digits.data() + 4) {
        source.fail(at, "four hexadecimal digits");
    }
    return value;
}

struct Escape {
    uint32_t scalar;
    size_t size_bytes;  // from the backslash on
};

Escape read_unicode_escape(const JsonSource& source, size_t at) {
    const uint32_t first = read_hex4(source, at + 2);
    if (text::is_unicode_scalar(first)) return {first, 6};
    if (first >= 0xdc00u) source.fail(at, "the first half of a surrogate pair");
    if (source.text.substr(at + 6, 2) != "\\u") source.fail(at + 6, "the second half of a surrogate pair");
    const uint32_t second = read_hex4(source, at + 8);
    if (second < 0xdc00u || second > 0xdfffu) source.fail(at + 6, "the second half of a surrogate pair");
    return {0x10000u + ((first - 0xd800u) << 10) + (second - 0xdc00u), 12};
}

Escape read_escape(const JsonSource& source, size_t at) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char letter = at_or_nul(source.text, at + 1);
    if (letter == 'u') return read_unicode_escape(source, at);
    const size_t which = letters.find(letter);
    if (which == letters.npos) source.fail(at + 1, "one of \"\\/bfnrtu after a backslash");
    return {static_cast<uint32_t>(meanings[which]), 2};
}

size_t utf8_size(const JsonSource& source, size_t at) {
    const text::Utf8Piece piece = text::first_utf8_piece(source.text.substr(at));
    if (piece.kind != text::Utf8::character) source.fail(at, "UTF-8");
    return piece.size_bytes;
}

size_t skip_digits(const JsonSource& source, size_t at) {
    if (!is_digit(at_or_nul(source.text, at))) source.fail(at, "a digit");
    while (is_digit(at_or_nul(source.text, at))) ++at;
    return at;
}

template <typename T>
bool read_whole(std::string_view scanned, T& value) {
    const char* end = scanned.data() + scanned.size();
    const auto result = std::from_chars(scanned.data(), end, value);
    return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

void JsonSource::fail(size_t at, const std::string& expected) const {
    const std::string found = at < text.size() ? quote(text.substr(at, 1)) : "the end";
    throw damaged(where, concat("expected ", expected, " at byte ", at, ", found ", found));
}

JsonString scan_json_string(const JsonSource& source, size_t at) {
    JsonString result{.size_bytes = at, .escaped = false};
    while (at_or_nul(source.text, at) != '"') {
        const char c = at_or_nul(source.text, at);
        if (c == '\\') {
            result.escaped = true;
            at += read_escape(source, at).size_bytes;
        } else if (static_cast<uint8_t>(c) >= 0x80u) {
            at += utf8_size(source, at);
        } else if (c >= ' ') {
            ++at;
        } else {
            source.fail(at, "the rest of a string");
        }
    }
    result.size_bytes = at - result.size_bytes;
    return result;
}

int JsonStringBytes::next() {
    if (taken_ < character_.size()) return static_cast<uint8_t>(character_[taken_++]);
    if (at_ >= end_) return -1;
    if (source_.text[at_] != '\\') return static_cast<uint8_t>(source_.text[at_++]);
    const Escape escape = read_escape(source_, at_);
    at_ += escape.size_bytes;
    character_.clear();
    text::append_utf8(character_, escape.scalar);
    taken_ = 1;
    return static_cast<uint8_t>(character_[0]);
}

size_t scan_json_number(const JsonSource& source, size_t at) {
    const size_t begin = at;
    if (at_or_nul(source.text, at) == '-') ++at;
    // A number does not start with a needless zero: what follows one is the caller's to refuse.
    at = at_or_nul(source.text, at) == '0' ? at + 1 : skip_digits(source, at);
    if (at_or_nul(source.text, at) == '.') at = skip_digits(source, at + 1);
    if (const char c = at_or_nul(source.text, at); c == 'e' || c == 'E') {
        const char sign = at_or_nul(source.text, ++at);
        at = skip_digits(source, sign == '+' || sign == '-' ? at + 1 : at);
    }
    double value;
    if (!read_whole(source.text.substr(begin, at - begin), value))
        source.fail(begin, "a number in double's range");
    return at - begin;
}

JsonNumber json_number(std::string_view scanned) {
    uint64_t unsigned_value = 0;
    if (read_whole(scanned, unsigned_value)) return unsigned_value;
    int64_t signed_value = 0;
    if (read_whole(scanned, signed_value)) return signed_value;
    double value = 0;
    read_whole(scanned, value);
    return value;
}

std::string json_quoted(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    while (!text.empty()) {
        const text::Utf8Piece piece = text::first_utf8_piece(text);
        if (piece.kind != text::Utf8::character) {
            throw Error(Code::bad_text, concat(quote(text), ": not UTF-8, which JSON needs"));
        }
        const auto byte = static_cast<uint8_t>(text[0]);
        if (byte < 0x20u) {
            out += concat("\\u00", digits[byte >> 4], digits[byte & 15u]);
        } else {
            if (byte == '"' || byte == '\\') out += '\\';
            out += text.substr(0, piece.size_bytes);
        }
        text.remove_prefix(piece.size_bytes);
    }
    return out + '"';
}

}  // namespace rwkvk::load
