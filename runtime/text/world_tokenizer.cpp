#include <algorithm>
#include <utility>

#include "host/error.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/trie.h"
#include "runtime/text/world_vocabulary.h"

namespace rwkvk::text {
namespace {

std::vector<Trie::Entry> trie_entries(const std::vector<VocabularyEntry>& entries) {
    std::vector<Trie::Entry> views;
    views.reserve(entries.size());
    for (const VocabularyEntry& entry : entries) views.push_back({entry.bytes, entry.id});
    return views;
}

class WorldTokenizer final : public Tokenizer {
  public:
    explicit WorldTokenizer(std::vector<VocabularyEntry> sorted) : trie_(trie_entries(sorted)) {
        for (VocabularyEntry& entry : sorted) {
            if (entry.id >= bytes_of_.size()) bytes_of_.resize(entry.id + size_t{1});
            bytes_of_[entry.id] = std::move(entry.bytes);
        }
    }

    std::string name() const override { return "world"; }
    uint32_t vocabulary() const override { return static_cast<uint32_t>(bytes_of_.size()); }
    // Id 0 ends a text by convention; vocabularies that count from 0 give it a text and have no such id.
    int64_t end_of_text() const override { return bytes_of_.empty() || bytes_of_[0].empty() ? 0 : -1; }

    std::vector<Token> encode(std::string_view bytes) const override {
        std::vector<Token> ids;
        for (size_t at = 0; at < bytes.size();) {
            const Trie::Match match = trie_.longest(bytes.substr(at));
            if (match.size_bytes == 0) {
                throw Error(Code::bad_text,
                            concat("text, offset ", at, ": no token of the vocabulary begins with byte ",
                                   static_cast<unsigned>(static_cast<uint8_t>(bytes[at]))));
            }
            ids.push_back(match.id);
            at += match.size_bytes;
        }
        return ids;
    }

    std::string_view decode(Token id) const override {
        return id < bytes_of_.size() ? std::string_view(bytes_of_[id]) : std::string_view();
    }

  private:
    Trie trie_;
    std::vector<std::string> bytes_of_;  // by id; empty where the vocabulary has a gap
};

}  // namespace

std::unique_ptr<Tokenizer> load_world_tokenizer(const std::string& path) {
    return std::make_unique<WorldTokenizer>(read_world_vocabulary(path));
}

std::unique_ptr<Tokenizer> make_world_tokenizer(std::span<const std::string> tokens,
                                                std::span<const Token> unmatched) {
    std::vector<VocabularyEntry> entries;
    for (Token id = 1; id < tokens.size(); ++id) {
        if (!tokens[id].empty() && !std::ranges::binary_search(unmatched, id))
            entries.push_back({id, tokens[id]});
    }
    sort_vocabulary(entries, "the model's vocabulary");
    return std::make_unique<WorldTokenizer>(std::move(entries));
}

}  // namespace rwkvk::text
