#include <algorithm>
#include <utility>

#include "host/error.h"
#include "runtime/text/prefix_table.h"
#include "runtime/text/token_texts.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/utf8.h"
#include "runtime/text/world_vocabulary.h"

namespace rwkvk::text {
namespace {

class WorldTokenizer final : public Tokenizer {
  public:
    /// `ids` of the texts in the order of their bytes.
    WorldTokenizer(TokenTexts texts, std::vector<Token> ids, std::optional<Token> fallback)
        : texts_(std::move(texts)), table_(texts_, std::move(ids)), fallback_(fallback) {}

    std::string name() const override { return fallback_ ? "characters" : "world"; }
    uint32_t vocabulary() const override { return texts_.size(); }
    // Id 0 ends a text by convention; vocabularies that count from 0 give it a text and have no such id.
    int64_t end_of_text() const override { return texts_[0].empty() ? 0 : -1; }

    std::vector<Token> encode(std::string_view bytes) const override {
        std::vector<Token> ids;
        for (size_t at = 0; at < bytes.size();) {
            const std::string_view rest = bytes.substr(at);
            PrefixTable::Match match = table_.longest(rest);
            if (match.size_bytes == 0) match = replaced(rest, at);
            ids.push_back(match.id);
            at += match.size_bytes;
        }
        return ids;
    }

    std::string_view decode(Token id) const override { return texts_[id]; }

  private:
    PrefixTable::Match replaced(std::string_view rest, size_t at) const {
        if (fallback_) return {*fallback_, first_utf8_piece(rest).size_bytes};
        throw Error(Code::bad_text,
                    concat("text, offset ", at, ": no token of the vocabulary begins with byte ",
                           static_cast<unsigned>(static_cast<uint8_t>(rest[0]))));
    }

    const TokenTexts texts_;
    const PrefixTable table_;
    const std::optional<Token> fallback_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_longest_match_tokenizer(std::vector<VocabularyEntry> entries,
                                                        const std::string& where,
                                                        std::optional<Token> fallback) {
    sort_vocabulary(entries, where);
    std::vector<Token> ids;
    ids.reserve(entries.size());
    for (const VocabularyEntry& entry : entries) ids.push_back(entry.id);
    TokenTexts texts(entries);
    entries = {};  // not needed while the table is made
    return std::make_unique<WorldTokenizer>(std::move(texts), std::move(ids), fallback);
}

std::unique_ptr<Tokenizer> load_world_tokenizer(const std::string& path) {
    return make_longest_match_tokenizer(read_world_vocabulary(path), path);
}

std::unique_ptr<Tokenizer> make_world_tokenizer(std::span<const std::string> tokens,
                                                std::span<const Token> unmatched) {
    std::vector<VocabularyEntry> entries;
    for (Token id = 1; id < tokens.size(); ++id) {
        if (!tokens[id].empty() && !std::ranges::binary_search(unmatched, id))
            entries.push_back({id, tokens[id]});
    }
    return make_longest_match_tokenizer(std::move(entries), "the model's vocabulary");
}

}  // namespace rwkvk::text
