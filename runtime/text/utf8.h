#pragma once
// UTF-8 by the table of well-formed byte sequences of the Unicode standard (chapter 3, table 3-7).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rwkvk::text {

enum class Utf8 {
    character,   // a whole well-formed character
    unfinished,  // the text ends inside what may still become one
    ill_formed,  // a maximal subpart that cannot
};

struct Utf8Piece {
    Utf8 kind;
    size_t size_bytes;
};

/// What text that is not empty begins with.
Utf8Piece first_utf8_piece(std::string_view text);

/// The offset of the first byte that is not part of a well-formed character, or -1.
int64_t find_ill_formed_utf8(std::string_view text);

/// Whether there is such a character: at most 0x10ffff and no surrogate.
constexpr bool is_unicode_scalar(uint32_t code_point) {
    return code_point <= 0x10ffffu && (code_point < 0xd800u || code_point > 0xdfffu);
}

/// Of one whole character, as first_utf8_piece finds it.
uint32_t code_point_of(std::string_view character);

void append_utf8(std::string& out, uint32_t unicode_scalar);

}  // namespace rwkvk::text
