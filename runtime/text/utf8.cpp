#include "runtime/text/utf8.h"

#include "host/error.h"

namespace rwkvk::text {
namespace {

/// What may follow a lead byte: the whole length, 0 for no lead byte, and the range of the second byte. Later
/// bytes are always 80..bf.
struct Lead {
    size_t size_bytes;
    uint8_t second_lowest, second_highest;
};

constexpr Lead lead_of(uint8_t byte) {
    if (byte < 0x80) return {1, 0, 0};
    if (byte < 0xc2) return {0, 0, 0};  // a continuation, or an overlong form of ASCII
    if (byte < 0xe0) return {2, 0x80, 0xbf};
    if (byte == 0xe0) return {3, 0xa0, 0xbf};  // not overlong
    if (byte == 0xed) return {3, 0x80, 0x9f};  // no surrogates
    if (byte < 0xf0) return {3, 0x80, 0xbf};
    if (byte == 0xf0) return {4, 0x90, 0xbf};  // not overlong
    if (byte < 0xf4) return {4, 0x80, 0xbf};
    if (byte == 0xf4) return {4, 0x80, 0x8f};  // at most 10ffff
    return {0, 0, 0};
}

}  // namespace

Utf8Piece first_utf8_piece(std::string_view text) {
    RWKVK_ASSERT(!text.empty());
    const Lead lead = lead_of(static_cast<uint8_t>(text[0]));
    if (lead.size_bytes == 0) return {Utf8::ill_formed, 1};
    for (size_t i = 1; i < lead.size_bytes; ++i) {
        if (i == text.size()) return {Utf8::unfinished, i};
        const uint8_t byte = static_cast<uint8_t>(text[i]);
        const uint8_t lowest = i == 1 ? lead.second_lowest : 0x80;
        const uint8_t highest = i == 1 ? lead.second_highest : 0xbf;
        if (byte < lowest || byte > highest) return {Utf8::ill_formed, i};
    }
    return {Utf8::character, lead.size_bytes};
}

uint32_t code_point_of(std::string_view character) {
    RWKVK_ASSERT(!character.empty() && character.size() <= 4);
    const auto lead = static_cast<uint8_t>(character[0]);
    uint32_t value = character.size() == 1 ? lead : lead & (0x7fu >> character.size());
    for (const char byte : character.substr(1)) value = value << 6 | (static_cast<uint8_t>(byte) & 0x3fu);
    return value;
}

void append_utf8(std::string& out, uint32_t unicode_scalar) {
    RWKVK_ASSERT(is_unicode_scalar(unicode_scalar));
    const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
    const auto put_rest = [&](int sextets) {
        for (int i = sextets - 1; i >= 0; --i) put(0x80u | ((unicode_scalar >> (6 * i)) & 0x3fu));
    };
    if (unicode_scalar < 0x80u) return put(unicode_scalar);
    if (unicode_scalar < 0x800u) return put(0xc0u | (unicode_scalar >> 6)), put_rest(1);
    if (unicode_scalar < 0x10000u) return put(0xe0u | (unicode_scalar >> 12)), put_rest(2);
    put(0xf0u | (unicode_scalar >> 18)), put_rest(3);
}

int64_t find_ill_formed_utf8(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
        const Utf8Piece piece = first_utf8_piece(text.substr(at));
        if (piece.kind != Utf8::character) return static_cast<int64_t>(at);
        at += piece.size_bytes;
    }
    return -1;
}

}  // namespace rwkvk::text
