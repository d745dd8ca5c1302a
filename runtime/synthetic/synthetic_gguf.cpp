#include "runtime/synthetic/synthetic_gguf.h"

#include "runtime/synthetic/synthetic_model.h"
#include "runtime/write/embedded_vocabulary.h"
#include "runtime/write/model_gguf.h"

namespace rwkvk {
namespace {

/// Without a vocabulary ids from 1 on are bytes, so that any text can be fed.
load::Vocabulary single_bytes(uint32_t rows) {
    load::Vocabulary vocabulary{.tokens = {""}, .unmatched = {0}};
    for (uint32_t byte = 0; byte < 256 && byte + 1 < rows; ++byte)
        vocabulary.tokens.emplace_back(1, static_cast<char>(byte));
    return vocabulary;
}

}  // namespace

void write_synthetic_gguf(const std::string& path, const std::string& spec, uint64_t seed,
                          const std::string& vocabulary, const Progress& progress) {
    const auto model = synthetic_model(spec, seed);
    const arch::Dimensions& m = model->dimensions();
    const load::Vocabulary texts =
        vocabulary.empty() ? single_bytes(m.vocabulary) : embedded_vocabulary(*model, vocabulary);
    const GgufContents contents{.title = concat("random RWKV-", model->version(), ", ", m.layers,
                                                " layers of ", m.width, ", seed ", seed),
                                .vocabulary = &texts,
                                .formats = {}};
    write_model_gguf(path, *model, contents, progress);
}

}  // namespace rwkvk
