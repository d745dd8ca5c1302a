#include <algorithm>
#include <array>
#include <utility>

#include "host/error.h"
#include "runtime/text/bpe_merger.h"
#include "runtime/text/bpe_pattern.h"
#include "runtime/text/prefix_table.h"
#include "runtime/text/token_texts.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/unicode.h"

namespace rwkvk::text {
namespace {

constexpr size_t max_text_bytes = size_t{1} << 31;

/// The tokens of single bytes.
class ByteTokens {
  public:
    explicit ByteTokens(const TokenTexts& texts, const std::vector<bool>& is_added) {
        ids_.fill(none);
        for (Token id = texts.size(); id-- > 0;) {
            if (texts[id].size() == 1 && !is_added[id]) ids_[static_cast<uint8_t>(texts[id][0])] = id;
        }
    }

    /// Errors: Code::bad_text.
    Token operator[](char byte) const {
        const Token id = ids_[static_cast<uint8_t>(byte)];
        if (id != none) return id;
        throw Error(Code::bad_text, concat("text: the vocabulary has no token for byte ",
                                           static_cast<unsigned>(static_cast<uint8_t>(byte))));
    }

  private:
    static constexpr Token none = UINT32_MAX;
    std::array<Token, 256> ids_;
};

std::vector<bool> marked(size_t count, const std::vector<AddedToken>& added) {
    std::vector<bool> is_added(count);
    for (const AddedToken& token : added) is_added.at(token.id) = true;
    return is_added;
}

/// Those that `is_wanted`.
template <typename IsWanted>
PrefixTable table_of(const TokenTexts& texts, const std::vector<AddedToken>& added, IsWanted is_wanted) {
    std::vector<Token> ids;
    for (const AddedToken& token : added) {
        if (is_wanted(token) && !texts[token.id].empty()) ids.push_back(token.id);
    }
    const auto text_of = [&](Token id) { return texts[id]; };
    std::ranges::sort(ids, {}, text_of);
    const auto same = std::ranges::adjacent_find(ids, {}, text_of);
    if (same != ids.end()) {
        throw Error(Code::bad_file, concat("vocabulary: added tokens ", *same, " and ", same[1],
                                           " are the same: ", quote(texts[*same])));
    }
    return {texts, std::move(ids)};
}

/// Calls found(id) for every token of the table in the text, the leftmost first and the longest of those, and
/// between(text) for what is not empty between them.
template <typename Between, typename Found>
void split(std::string_view text, const PrefixTable& table, Between between, Found found) {
    size_t begin = 0;
    const auto emit_until = [&](size_t end) {
        if (end > begin) between(text.substr(begin, end - begin));
    };
    for (size_t at = 0; at < text.size();) {
        const PrefixTable::Match match =
            table.begins(text[at]) ? table.longest(text.substr(at)) : PrefixTable::Match{};
        if (match.size_bytes == 0) {
            ++at;
            continue;
        }
        emit_until(at);
        found(match.id);
        begin = at += match.size_bytes;
    }
    emit_until(text.size());
}

/// Added tokens, as they are looked for: before and after normalisation.
struct AddedTables {
    PrefixTable before, after;

    AddedTables(const TokenTexts& texts, const std::vector<AddedToken>& added, bool special_too)
        : before(table_of(
              texts, added,
              [=](const AddedToken& token) { return !token.normalized && (special_too || !token.special); })),
          after(table_of(texts, added, [=](const AddedToken& token) {
              return token.normalized && (special_too || !token.special);
          })) {}
};

class BpeTokenizer final : public Tokenizer {
  public:
    BpeTokenizer(std::span<const std::string> tokens, const BpeRules& rules)
        : texts_(tokens),
          bytes_(texts_, marked(tokens.size(), rules.added)),
          merges_(rules.merges, texts_.size()),
          added_(texts_, rules.added, /*special_too*/ true),
          added_text_(texts_, rules.added, /*special_too*/ false),
          special_(table_of(texts_, rules.added, [](const AddedToken& token) { return token.special; })),
          pattern_(rules.pattern),
          nfc_(rules.nfc),
          end_of_text_(rules.end_of_text) {}

    std::string name() const override { return "bpe"; }
    uint32_t vocabulary() const override { return texts_.size(); }
    int64_t end_of_text() const override { return end_of_text_; }
    std::string_view decode(Token id) const override { return texts_[id]; }

    std::vector<Token> encode(std::string_view bytes) const override { return encode(bytes, added_); }
    std::vector<Token> encode_as_text(std::string_view bytes) const override {
        return encode(bytes, added_text_);
    }
    std::optional<Special> special_token(std::string_view text) const override {
        if (text.empty() || !special_.begins(text[0])) return std::nullopt;
        const PrefixTable::Match match = special_.longest(text);
        return match.size_bytes > 0 ? std::optional(Special{match.id, match.size_bytes}) : std::nullopt;
    }

  private:
    std::vector<Token> encode(std::string_view bytes, const AddedTables& added) const {
        if (bytes.size() >= max_text_bytes)
            throw Error(Code::bad_text, "text: expected less than 2 GiB at once: encode it in parts");
        std::vector<Token> ids;
        BpeMerger merger(merges_);
        split(
            bytes, added.before,
            [&](std::string_view text) { encode_between(text, added.after, merger, ids); },
            [&](Token id) { ids.push_back(id); });
        return ids;
    }

    void encode_between(std::string_view text, const PrefixTable& added, BpeMerger& merger,
                        std::vector<Token>& ids) const {
        const std::string normalised = nfc_ ? nfc(text) : std::string(text);
        split(
            normalised, added, [&](std::string_view part) { encode_pieces(part, merger, ids); },
            [&](Token id) { ids.push_back(id); });
    }

    void encode_pieces(std::string_view text, BpeMerger& merger, std::vector<Token>& ids) const {
        std::vector<Token> piece;
        while (!text.empty()) {
            const size_t size_bytes = first_bpe_piece(text, pattern_);
            piece.clear();
            for (const char byte : text.substr(0, size_bytes)) piece.push_back(bytes_[byte]);
            merger.merge(piece, ids);
            text.remove_prefix(size_bytes);
        }
    }

    const TokenTexts texts_;
    const ByteTokens bytes_;
    const MergeTable merges_;
    const AddedTables added_, added_text_;  // all, and those that are no special ones
    const PrefixTable special_;
    const BpePattern pattern_;
    const bool nfc_;
    const int64_t end_of_text_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_bpe_tokenizer(std::span<const std::string> tokens, const BpeRules& rules) {
    return std::make_unique<BpeTokenizer>(tokens, rules);
}

}  // namespace rwkvk::text
