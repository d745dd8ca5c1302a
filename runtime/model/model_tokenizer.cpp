#include "runtime/model/model_tokenizer.h"

#include "runtime/model/vocabulary_file.h"

namespace rwkvk {

std::unique_ptr<text::Tokenizer> make_model_tokenizer(const Model& model) {
    if (const load::Vocabulary* own = model.vocabulary()) return make_tokenizer(*own);
    const uint32_t vocabulary = model.programs().vocabulary;
    if (vocabulary == 256) return text::make_byte_tokenizer();
    throw Error(
        Code::bad_argument,
        concat(model.name(), " has a vocabulary of ", vocabulary,
               " but its file holds no texts for it; give --vocab rwkv_vocab_v20230424.txt, which is part of "
               "the Python package 'rwkv'"));
}

}  // namespace rwkvk
