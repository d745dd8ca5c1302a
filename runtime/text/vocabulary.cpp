#include "runtime/text/vocabulary.h"

#include <algorithm>
#include <array>

#include "host/error.h"
#include "runtime/text/utf8.h"

namespace rwkvk::text {
namespace {

constexpr bool is_own_character(uint32_t byte) {
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

constexpr uint32_t first_stand_in = 0x100;  // for the bytes that are no characters of their own, in order

constexpr std::array<uint8_t, 68> stood_in_for = [] {
    std::array<uint8_t, 68> bytes{};
    for (uint32_t byte = 0, i = 0; byte < 256; ++byte) {
        if (!is_own_character(byte)) bytes[i++] = static_cast<uint8_t>(byte);
    }
    return bytes;
}();

std::optional<char> byte_of(uint32_t character) {
    if (character < first_stand_in)
        return is_own_character(character) ? std::optional(static_cast<char>(character)) : std::nullopt;
    const uint32_t place = character - first_stand_in;
    return place < stood_in_for.size() ? std::optional(static_cast<char>(stood_in_for[place])) : std::nullopt;
}

}  // namespace

void check_vocabulary_size(size_t file_bytes, const std::string& where) {
    if (file_bytes <= max_vocabulary_file_bytes) return;
    throw Error(Code::bad_file, concat(where, ": ", file_bytes, " bytes, a vocabulary has at most ",
                                       max_vocabulary_file_bytes, ": is this a vocabulary?"));
}

std::string byte_level_of(std::string_view bytes) {
    std::string token;
    for (const char c : bytes) {
        const auto byte = static_cast<uint8_t>(c);
        const auto place = std::ranges::lower_bound(stood_in_for, byte) - stood_in_for.begin();
        append_utf8(token, is_own_character(byte) ? byte : first_stand_in + static_cast<uint32_t>(place));
    }
    return token;
}

std::optional<std::string> bytes_of_byte_level(std::string_view token) {
    std::string bytes;
    while (!token.empty()) {
        const Utf8Piece piece = first_utf8_piece(token);
        if (piece.kind != Utf8::character) return std::nullopt;
        const auto byte = byte_of(code_point_of(token.substr(0, piece.size_bytes)));
        if (!byte) return std::nullopt;
        bytes += *byte;
        token.remove_prefix(piece.size_bytes);
    }
    return bytes;
}

TokensByBytes::TokensByBytes(const std::vector<std::string>& tokens, const std::vector<bool>& is_merged)
    : tokens_(tokens) {
    for (Token id = 0; id < tokens.size(); ++id) {
        if (is_merged[id] && !tokens[id].empty()) sorted_.push_back(id);
    }
    std::ranges::stable_sort(sorted_, {}, [&](Token id) { return std::string_view(tokens_[id]); });
}

std::optional<Token> TokensByBytes::find(std::string_view bytes) const {
    const auto found =
        std::ranges::lower_bound(sorted_, bytes, {}, [&](Token id) { return std::string_view(tokens_[id]); });
    return found != sorted_.end() && tokens_[*found] == bytes ? std::optional(*found) : std::nullopt;
}

std::optional<BpeMerge> TokensByBytes::merge(std::string_view left, std::string_view right) const {
    const auto left_bytes = bytes_of_byte_level(left), right_bytes = bytes_of_byte_level(right);
    if (!left_bytes || !right_bytes) return std::nullopt;
    const auto a = find(*left_bytes), b = find(*right_bytes), both = find(*left_bytes + *right_bytes);
    return a && b && both ? std::optional(BpeMerge{*a, *b, *both}) : std::nullopt;
}

std::optional<BpeMerge> TokensByBytes::merge(std::string_view pair) const {
    const size_t space = pair.find(' ');  // not of the alphabet
    return space == pair.npos ? std::nullopt : merge(pair.substr(0, space), pair.substr(space + 1));
}

}  // namespace rwkvk::text
