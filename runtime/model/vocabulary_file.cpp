#include "runtime/model/vocabulary_file.h"

#include <algorithm>

#include "host/error.h"
#include "host/mapped_file.h"
#include "runtime/load/bytes.h"
#include "runtime/load/vocabulary/json_vocabulary.h"
#include "runtime/text/utf8.h"
#include "runtime/text/world_vocabulary.h"

namespace rwkvk {
namespace {

constexpr std::string_view utf8_mark = "\xef\xbb\xbf", utf16_mark = "\xff\xfe",
                           utf16_swapped_mark = "\xfe\xff";

constexpr std::string_view unknown_character = "\xee\x82\x83";  // U+E083

/// Text of UTF-16 units, without the mark, as UTF-8. Errors: Code::bad_file.
std::string from_utf16(std::string_view bytes, bool swapped, const std::string& where) {
    const auto unit = [&](size_t at) {
        const auto a = static_cast<uint8_t>(bytes[at]), b = static_cast<uint8_t>(bytes[at + 1]);
        return swapped ? uint32_t{a} << 8 | b : uint32_t{b} << 8 | a;
    };
    const auto is_half = [](uint32_t value, uint32_t first) {
        return value >= first && value < first + 0x400;
    };
    std::string text;
    text.reserve(bytes.size() / 2 * 3);
    for (size_t at = 0; at + 1 < bytes.size(); at += 2) {
        uint32_t value = unit(at);
        if (is_half(value, 0xd800) && at + 3 < bytes.size() && is_half(unit(at + 2), 0xdc00)) {
            value = 0x10000 + (value - 0xd800) * 0x400 + (unit(at + 2) - 0xdc00);
            at += 2;
        }
        if (!text::is_unicode_scalar(value))
            throw load::damaged(where, concat("byte ", at, ": half a character of UTF-16"));
        text::append_utf8(text, value);
    }
    if (bytes.size() % 2 != 0) throw load::damaged(where, "an odd number of bytes, expected UTF-16");
    return text;
}

bool is_one_character(std::string_view bytes) {
    return text::first_utf8_piece(bytes).size_bytes == bytes.size();
}

std::optional<text::Token> fallback_of(const std::vector<text::VocabularyEntry>& entries) {
    std::optional<text::Token> fallback;
    for (const text::VocabularyEntry& entry : entries) {
        if (!is_one_character(entry.bytes)) return std::nullopt;
        if (entry.bytes == unknown_character) fallback = entry.id;
    }
    return fallback;
}

std::unique_ptr<text::Tokenizer> parse_json(std::string_view contents, const std::string& where) {
    if (load::is_tokenizer_json(contents, where))
        return make_tokenizer(load::read_tokenizer_json(contents, where));
    std::vector<text::VocabularyEntry> entries = load::read_id_json(contents, where);
    const auto fallback = fallback_of(entries);
    return text::make_longest_match_tokenizer(std::move(entries), where, fallback);
}

}  // namespace

std::unique_ptr<text::Tokenizer> make_tokenizer(const load::Vocabulary& vocabulary) {
    return vocabulary.bpe ? text::make_bpe_tokenizer(vocabulary.tokens, *vocabulary.bpe)
                          : text::make_world_tokenizer(vocabulary.tokens, vocabulary.unmatched);
}

std::unique_ptr<text::Tokenizer> parse_vocabulary(std::string_view contents, const std::string& where) {
    text::check_vocabulary_size(contents.size(), where);
    if (contents.starts_with(utf16_mark) || contents.starts_with(utf16_swapped_mark)) {
        const bool swapped = contents.starts_with(utf16_swapped_mark);
        return parse_json(from_utf16(contents.substr(2), swapped, where), where);
    }
    if (contents.starts_with(utf8_mark)) contents.remove_prefix(utf8_mark.size());
    const size_t first = contents.find_first_not_of(" \t\r\n");
    if (first != contents.npos && contents[first] == '{') return parse_json(contents, where);
    return text::make_longest_match_tokenizer(text::parse_world_vocabulary(contents, where), where);
}

std::unique_ptr<text::Tokenizer> open_vocabulary(const std::string& path) {
    const MappedFile file(path);
    return parse_vocabulary(load::as_text(file.bytes()), path);
}

}  // namespace rwkvk
