#include "runtime/grammar/token_trie.h"

#include <algorithm>

namespace rwkvk::grammar {
namespace {

/// Whether it stands for what its bytes say.
bool is_text(const text::Tokenizer& tokenizer, text::Token token) {
    const std::string_view bytes = tokenizer.decode(token);
    if (bytes.empty() || token == tokenizer.end_of_text()) return false;
    const auto special = tokenizer.special_token(bytes);
    return !special || special->id != token;
}

size_t common_prefix(std::string_view a, std::string_view b) {
    return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

TokenTrie::TokenTrie(const text::Tokenizer& tokenizer)
    : texts_(tokenizer.vocabulary()),
      vocabulary_(tokenizer.vocabulary()),
      end_of_text_(tokenizer.end_of_text()) {
    for (text::Token token = 0; token < vocabulary_; ++token) {
        if (!is_text(tokenizer, token)) continue;
        texts_[token] = tokenizer.decode(token);
        tokens_.push_back(token);
    }
    std::ranges::sort(tokens_, [this](text::Token a, text::Token b) {
        return texts_[a] != texts_[b] ? texts_[a] < texts_[b] : a < b;
    });
    nodes_.push_back({0, 0, 0});
    std::vector<uint32_t> path = {0};  // the nodes of the token before, by depth
    const auto close_to = [&](size_t depth) {
        for (; path.size() > depth; path.pop_back())
            nodes_[path.back()].end = static_cast<uint32_t>(nodes_.size());
    };
    std::string_view before;
    for (uint32_t i = 0; i < tokens_.size(); ++i) {
        const std::string_view bytes = texts_[tokens_[i]];
        const size_t common = common_prefix(before, bytes);
        close_to(common + 1);
        for (size_t depth = common; depth < bytes.size(); ++depth) {
            path.push_back(static_cast<uint32_t>(nodes_.size()));
            nodes_.push_back({0, i, static_cast<uint8_t>(bytes[depth])});
        }
        before = bytes;
    }
    close_to(0);
    nodes_.push_back({0, static_cast<uint32_t>(tokens_.size()), 0});
}

}  // namespace rwkvk::grammar
