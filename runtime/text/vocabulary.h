#pragma once
// What tokenizers are made of, as the readers of files give it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rwkvk::text {

using Token = uint32_t;

/// No vocabulary file has a larger id or more bytes; the World vocabulary has 65529 in 1.1 MB, and
/// tokenizer.json files of 150,000 tokens have 11 MB.
inline constexpr uint64_t max_vocabulary_id = uint64_t{1} << 20;
inline constexpr size_t max_vocabulary_file_bytes = size_t{1} << 24;

/// Errors: Code::bad_file for more; `where` names the file.
void check_vocabulary_size(size_t file_bytes, const std::string& where);

/// No token's text is longer: bounds what one byte of text can cost. The longest in use have 512.
inline constexpr size_t max_token_bytes = 4096;

struct VocabularyEntry {
    Token id;
    std::string bytes;
};

/// Which rule parts text into pieces that are merged on their own.
enum class BpePattern { gpt2, qwen2 };

/// The tokens `left` and `right` side by side become `result`.
struct BpeMerge {
    Token left, right, result;
};

/// A token that is found in the text as it is written, before anything else.
struct AddedToken {
    Token id;
    bool normalized;  // looked for after normalisation, else before
    bool special;     // means something to the model that text does not, as the end of a turn
};

/// What byte-level BPE needs besides the bytes of its tokens.
struct BpeRules {
    std::vector<BpeMerge> merges;   // the first have precedence
    std::vector<AddedToken> added;  // these take no part in merging
    BpePattern pattern = BpePattern::gpt2;
    bool nfc = true;           // text is brought to Unicode's normal form C
    int64_t end_of_text = -1;  // the id, or -1
};

/// The bytes that a token in the alphabet of byte-level BPE stands for; nothing if a character is not of it.
std::optional<std::string> bytes_of_byte_level(std::string_view token);

/// The token that stands for these bytes in that alphabet.
std::string byte_level_of(std::string_view bytes);

/// Finds tokens of a BPE vocabulary by their bytes, to make merges from their texts.
class TokensByBytes {
  public:
    /// `tokens` by id, those with `is_merged` only; they must live as long as this.
    TokensByBytes(const std::vector<std::string>& tokens, const std::vector<bool>& is_merged);

    /// The id with these bytes, the lowest if several have.
    std::optional<Token> find(std::string_view bytes) const;
    /// Of both parts, in the alphabet of byte-level BPE; nothing if they or what they make are no tokens.
    std::optional<BpeMerge> merge(std::string_view left, std::string_view right) const;
    /// The same of "left right".
    std::optional<BpeMerge> merge(std::string_view pair) const;

  private:
    const std::vector<std::string>& tokens_;
    std::vector<Token> sorted_;  // by bytes, then id
};

}  // namespace rwkvk::text
