#include "runtime/grammar/source.h"

#include <algorithm>
#include <utility>

#include "host/error.h"
#include "runtime/text/utf8.h"

namespace rwkvk::grammar {

Source::Source(std::string_view text, std::string what) : text_(text), what_(std::move(what)) {
    const int64_t bad = text::find_ill_formed_utf8(text);
    if (bad >= 0) fail(static_cast<size_t>(bad), "expected UTF-8, found other bytes");
}

bool Source::take(std::string_view words) {
    if (!looks_at(words)) return false;
    at_ += words.size();
    return true;
}

uint32_t Source::take_character() {
    if (at_end()) expected("a character");
    const size_t bytes = text::first_utf8_piece(text_.substr(at_)).size_bytes;
    const uint32_t point = text::code_point_of(text_.substr(at_, bytes));
    at_ += bytes;
    return point;
}

uint32_t Source::take_number(uint32_t most) {
    const size_t start = at_;
    uint64_t value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
        value = value * 10 + static_cast<uint64_t>(peek() - '0');
        if (value > most) fail(start, concat("expected a number up to ", most, ", found a larger one"));
    }
    if (at_ == start) expected("a number");
    return static_cast<uint32_t>(value);
}

uint32_t Source::take_hex(size_t digits) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
        const char c = peek();
        const char lower = static_cast<char>(c | 0x20);
        const bool letter = lower >= 'a' && lower <= 'f';
        if (!letter && (c < '0' || c > '9')) expected(concat(digits, " hexadecimal digits"));
        value = value << 4 | static_cast<uint32_t>(letter ? lower - 'a' + 10 : c - '0');
    }
    return value;
}

std::string Source::place(size_t at) const {
    const std::string_view before = text_.substr(0, at);
    const auto line = 1 + std::ranges::count(before, '\n');
    const size_t start = before.rfind('\n') + 1;  // 0 where there is none
    const auto column =
        1 + std::ranges::count_if(before.substr(start), [](char c) { return (c & 0xc0) != 0x80; });
    return concat("line ", line, ", column ", column);
}

void Source::fail(size_t at, std::string_view message) const {
    throw Error(Code::bad_argument, concat(what_, ", ", place(at), ": ", message));
}

void Source::expected(std::string_view what) const {
    const std::string_view rest = text_.substr(at_);
    const size_t bytes = rest.empty() ? 0 : text::first_utf8_piece(rest).size_bytes;
    fail(at_, concat("expected ", what, ", found ", rest.empty() ? "the end" : quote(rest.substr(0, bytes))));
}

}  // namespace rwkvk::grammar
