#include "runtime/text/bpe_pattern.h"

#include <algorithm>

#include "runtime/text/unicode.h"
#include "runtime/text/utf8.h"

namespace rwkvk::text {
namespace {

using enum CharacterClass;

/// What stands at some place of a text; nothing has the size 0 and no class.
struct Character {
    size_t size_bytes = 0;
    CharacterClass kind = other;

    bool is(CharacterClass wanted) const { return size_bytes > 0 && kind == wanted; }
};

Character character_at(std::string_view text, size_t at) {
    if (at >= text.size()) return {};
    const Utf8Piece piece = first_utf8_piece(text.substr(at));
    if (piece.kind != Utf8::character) return {piece.size_bytes, other};
    return {piece.size_bytes, class_of(code_point_of(text.substr(at, piece.size_bytes)))};
}

/// The end of the characters of one class from `at` on.
size_t end_of_run(std::string_view text, size_t at, CharacterClass kind) {
    for (Character c = character_at(text, at); c.is(kind); c = character_at(text, at)) at += c.size_bytes;
    return at;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// 's 't 're 've 'm 'll 'd: how many bytes, or 0.
size_t contraction(std::string_view text, bool any_case) {
    if (!text.starts_with('\'')) return 0;
    for (const std::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"}) {
        const std::string_view found = text.substr(1, ending.size());
        const auto same = [&](char a, char b) { return (any_case ? lower(a) : a) == b; };
        if (std::ranges::equal(found, ending, same)) return 1 + ending.size();
    }
    // The long s is an s in any case.
    return any_case && text.substr(1).starts_with("\xc5\xbf") ? 3 : 0;
}

/// White space at the start of a text: all of it at the end of the text, else all but its last character,
/// which may belong to what follows; a single one in any case.
size_t white_space(std::string_view text) {
    size_t at = 0, last = 0;
    for (Character c = character_at(text, at); c.is(space); c = character_at(text, at)) {
        last = at;
        at += c.size_bytes;
    }
    return at == text.size() || last == 0 ? at : last;
}

size_t gpt2_piece(std::string_view text) {
    if (const size_t size = contraction(text, false)) return size;
    const size_t blank = text.starts_with(' ') ? 1 : 0;
    const Character first = character_at(text, blank);
    if (first.size_bytes > 0 && first.kind != space) return end_of_run(text, blank, first.kind);
    return white_space(text);
}

bool ends_line(char c) { return c == '\r' || c == '\n'; }

/// White space up to the last end of a line in it, or 0.
size_t blank_lines(std::string_view text) {
    const std::string_view run = text.substr(0, end_of_run(text, 0, space));
    const size_t last = run.find_last_of("\r\n");
    return last == run.npos ? 0 : last + 1;
}

size_t qwen2_piece(std::string_view text) {
    if (const size_t size = contraction(text, true)) return size;
    const Character first = character_at(text, 0);
    if (first.is(number)) return first.size_bytes;
    const size_t before = first.is(letter) || ends_line(text[0]) ? 0 : first.size_bytes;
    if (character_at(text, before).is(letter)) return end_of_run(text, before, letter);
    const size_t blank = text.starts_with(' ') ? 1 : 0;
    size_t end = end_of_run(text, blank, other);
    if (end > blank) {
        while (end < text.size() && ends_line(text[end])) ++end;
        return end;
    }
    if (const size_t size = blank_lines(text)) return size;
    return white_space(text);
}

}  // namespace

size_t first_bpe_piece(std::string_view text, BpePattern pattern) {
    return pattern == BpePattern::gpt2 ? gpt2_piece(text) : qwen2_piece(text);
}

}  // namespace rwkvk::text
