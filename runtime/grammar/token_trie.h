#pragma once
// A vocabulary as the tree of its tokens' bytes, in one array: each node is followed by those below it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::grammar {

class TokenTrie {
  public:
    struct Node {
        uint32_t end;          // behind the nodes below it
        uint32_t first_token;  // in `tokens`; up to the next node's
        uint8_t byte;          // that leads to it
    };

    /// Of all tokens that are text: not those that mean something else to the model, nor the one that ends a
    /// text.
    explicit TokenTrie(const text::Tokenizer& tokenizer);

    /// The root first, whose byte means nothing; one more behind the last.
    const std::vector<Node>& nodes() const { return nodes_; }
    const std::vector<text::Token>& tokens() const { return tokens_; }
    uint32_t vocabulary() const { return vocabulary_; }
    int64_t end_of_text() const { return end_of_text_; }
    /// The bytes of a token of the trie; empty for others.
    std::string_view bytes_of(text::Token token) const {
        return token < texts_.size() ? std::string_view(texts_[token]) : std::string_view();
    }

  private:
    std::vector<Node> nodes_;
    std::vector<text::Token> tokens_;
    std::vector<std::string> texts_;  // by id
    uint32_t vocabulary_;
    int64_t end_of_text_;
};

}  // namespace rwkvk::grammar
