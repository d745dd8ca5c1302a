#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

/// Text for a model that is in part a template's own words and in part somebody's. Special tokens are found
/// in the words only, so nobody can end a turn by writing what such a token looks like.
class Prompt {
  public:
    Prompt() = default;
    explicit Prompt(std::string_view words) { add_words(words); }

    Prompt& add_words(std::string_view words);
    Prompt& add_message(std::string_view message);
    Prompt& add(const Prompt& behind);
    /// Takes the last bytes away, which are words.
    void drop_last(size_t bytes);

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    /// Errors: as Tokenizer::encode.
    std::vector<Token> encode(const Tokenizer& tokenizer) const;

  private:
    struct Range {
        size_t begin, end;
    };

    std::string text_;
    std::vector<Range> words_;  // ascending
};

}  // namespace rwkvk::text
