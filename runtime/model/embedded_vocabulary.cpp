#include "runtime/model/embedded_vocabulary.h"

namespace rwkvk {

std::optional<load::Vocabulary> embedded_vocabulary(const text::Tokenizer& tokenizer) {
    if (tokenizer.name() != "world" || tokenizer.end_of_text() != 0) return std::nullopt;
    load::Vocabulary vocabulary;
    for (text::Token id = 0; id < tokenizer.vocabulary(); ++id) {
        const std::string_view text = tokenizer.decode(id);
        if (text.empty()) vocabulary.unmatched.push_back(id);
        if (text == "\n\n") vocabulary.end_of_turn = id;
        vocabulary.tokens.emplace_back(text);
    }
    return vocabulary;
}

}  // namespace rwkvk
