#include "runtime/write/embedded_vocabulary.h"

#include "runtime/model/model_tokenizer.h"

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

load::Vocabulary embedded_vocabulary(const Model& model, const std::string& path) {
    auto vocabulary = embedded_vocabulary(*make_model_tokenizer(model, path));
    if (vocabulary) return std::move(*vocabulary);
    throw Error(Code::bad_argument,
                concat(path,
                       ": expected a vocabulary of longest match whose id 0 ends a text, as World, "
                       "found another, which GGUF cannot hold: keep it beside the model"));
}

}  // namespace rwkvk
