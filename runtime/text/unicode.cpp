#include "runtime/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

#include "host/error.h"
#include "runtime/text/utf8.h"

namespace rwkvk::text {
namespace {

using Characters = std::vector<utf8proc_int32_t>;

/// No character below 0x300 is changed by, or changes another in, normal form C; the UTF-8 of those above
/// begins with at least this.
constexpr uint8_t first_normalised_lead = 0xcc;

constexpr size_t longest_decomposition = 4;  // of one character, the standard promises

void append_decomposed(Characters& characters, uint32_t code_point) {
    std::array<utf8proc_int32_t, longest_decomposition> parts;
    int boundary = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code_point), parts.data(),
                                               parts.size(), UTF8PROC_DECOMPOSE, &boundary);
    RWKVK_ASSERT(count > 0 && static_cast<size_t>(count) <= parts.size());
    characters.insert(characters.end(), parts.begin(), parts.begin() + count);
}

auto combining_class(utf8proc_int32_t character) { return utf8proc_get_property(character)->combining_class; }

/// Marks of one character into the order of their classes. utf8proc's own sort is quadratic.
void order_marks(Characters& characters) {
    for (auto at = characters.begin(); at != characters.end();) {
        const auto is_mark = [](utf8proc_int32_t c) { return combining_class(c) != 0; };
        const auto first = std::find_if(at, characters.end(), is_mark);
        at = std::find_if_not(first, characters.end(), is_mark);
        std::stable_sort(first, at, [](auto a, auto b) { return combining_class(a) < combining_class(b); });
    }
}

void append_normalised(std::string& out, Characters& characters) {
    order_marks(characters);
    const auto count =
        utf8proc_normalize_utf32(characters.data(), static_cast<utf8proc_ssize_t>(characters.size()),
                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    RWKVK_ASSERT(count >= 0 && static_cast<size_t>(count) <= characters.size());
    for (utf8proc_ssize_t i = 0; i < count; ++i) append_utf8(out, static_cast<uint32_t>(characters[i]));
    characters.clear();
}

bool is_white_space(uint32_t c) {
    if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

}  // namespace

CharacterClass class_of(uint32_t code_point) {
    if (is_white_space(code_point)) return CharacterClass::space;
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
            return CharacterClass::letter;
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO:
            return CharacterClass::number;
        default:
            return CharacterClass::other;
    }
}

std::string nfc(std::string_view text) {
    const auto may_change = [](char c) { return static_cast<uint8_t>(c) >= first_normalised_lead; };
    if (std::ranges::none_of(text, may_change)) return std::string(text);
    std::string out;
    Characters characters;
    while (!text.empty()) {
        const Utf8Piece piece = first_utf8_piece(text);
        const std::string_view bytes = text.substr(0, piece.size_bytes);
        text.remove_prefix(piece.size_bytes);
        if (piece.kind == Utf8::character) {
            append_decomposed(characters, code_point_of(bytes));
        } else {
            append_normalised(out, characters);
            out += bytes;
        }
    }
    append_normalised(out, characters);
    return out;
}

}  // namespace rwkvk::text
