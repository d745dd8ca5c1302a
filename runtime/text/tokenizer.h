#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/vocabulary.h"

namespace rwkvk::text {

/// No vocabulary has more ids: integer sums over so many tokens cannot overflow.
inline constexpr size_t max_vocabulary = size_t{1} << 24;

/// Text to token ids and back, over bytes: any text and any id sequence is accepted, valid UTF-8 or not.
class Tokenizer {
  public:
    virtual ~Tokenizer() = default;

    virtual std::string name() const = 0;  // "bytes", "world", "characters", "bpe"
    /// One more than the largest id that has a meaning.
    virtual uint32_t vocabulary() const = 0;
    /// What the ids decode to is the text again, with BPE in Unicode's normal form C.
    /// Errors: Code::bad_text when the vocabulary does not cover a byte, with its offset.
    virtual std::vector<Token> encode(std::string_view bytes) const = 0;
    /// The same, but special tokens, as one that ends a turn of a chat, are text like any other. Errors: as
    /// encode.
    virtual std::vector<Token> encode_as_text(std::string_view bytes) const { return encode(bytes); }
    struct Special {
        Token id;
        size_t size_bytes;
    };
    /// The special token that the text begins with, the longest, if there is one.
    virtual std::optional<Special> special_token(std::string_view /*text*/) const { return std::nullopt; }
    /// The bytes of one id; empty for ids without text (0 of the World vocabulary, padding rows). Added
    /// tokens of BPE vocabularies are the text that they are found by.
    virtual std::string_view decode(Token id) const = 0;
    /// The id that ends a text, or -1.
    virtual int64_t end_of_text() const = 0;

    std::string decode(std::span<const Token> ids) const;
};

/// id = byte value, 256 ids, no end of text: what the small byte-level models use.
std::unique_ptr<Tokenizer> make_byte_tokenizer();

/// Greedy longest match over bytes: the World vocabulary, small vocabularies of the same syntax, characters.
/// Where no token begins with what follows, a `fallback` stands for one character (or ill-formed byte).
/// Entries in any order. Errors: Code::bad_file when two have the same id or the same bytes; `where` names
/// the vocabulary.
std::unique_ptr<Tokenizer> make_longest_match_tokenizer(std::vector<VocabularyEntry> entries,
                                                        const std::string& where,
                                                        std::optional<Token> fallback = {});

/// From a file in the World syntax ("ID 'literal' LENGTH" a line). Errors: Code::io, Code::bad_file (naming
/// the line).
std::unique_ptr<Tokenizer> load_world_tokenizer(const std::string& path);

/// The same from the tokens themselves, by id, as model files hold them. Id 0, which ends a text, and the ids
/// in `unmatched` (ascending) stand for no text. Errors: Code::bad_file when two tokens have the same bytes.
std::unique_ptr<Tokenizer> make_world_tokenizer(std::span<const std::string> tokens,
                                                std::span<const Token> unmatched);

/// Byte-level BPE over the bytes of tokens by id. Bytes that are not UTF-8 are taken as they are.
/// Encoding takes time near-linear in the text, whatever it is; errors: Code::bad_text for 2 GiB and more
/// in one piece. Errors: Code::bad_file for two added tokens with the same text.
std::unique_ptr<Tokenizer> make_bpe_tokenizer(std::span<const std::string> tokens, const BpeRules& rules);

}  // namespace rwkvk::text
