#include "runtime/model/model_tokenizer.h"

#include "host/cache_folder.h"
#include "host/paths.h"
#include "runtime/model/vocabulary_file.h"
#include "runtime/model/vocabulary_search.h"

namespace rwkvk {
namespace {

std::filesystem::path folder_of(const std::string& path) {
    if (path.empty()) return {};
    const auto folder = to_path(path).parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

FoundVocabulary search(const Model& model) {
    return find_vocabulary(folder_of(model.path()), to_path(data_folder()), model.programs().vocabulary);
}

}  // namespace

std::unique_ptr<text::Tokenizer> find_model_tokenizer(const Model& model) { return search(model).tokenizer; }

ModelTokenizer make_model_tokenizer(const Model& model) {
    if (const load::Vocabulary* own = model.vocabulary()) return {make_tokenizer(*own), "the model's file"};
    const uint32_t rows = model.programs().vocabulary;
    if (rows == 256) return {text::make_byte_tokenizer(), "256 bytes"};
    FoundVocabulary found = search(model);
    if (found.tokenizer) return {std::move(found.tokenizer), std::move(found.path)};
    const std::string refused = found.refused.empty() ? "" : concat(" (not taken: ", found.refused, ")");
    throw Error(Code::bad_argument,
                concat(model.name(), " has a vocabulary of ", rows,
                       " but neither its file nor one beside it holds the texts", refused,
                       ": run scripts/get-vocab for the official vocabularies, or give --vocab FILE"));
}

std::unique_ptr<text::Tokenizer> make_model_tokenizer(const Model& model,
                                                      const std::string& vocabulary_path) {
    auto tokenizer = open_vocabulary(vocabulary_path);
    const uint32_t rows = model.programs().vocabulary;
    if (tokenizer->vocabulary() <= rows) return tokenizer;
    throw Error(Code::bad_argument, concat(vocabulary_path, ": expected a vocabulary of at most ", rows,
                                           " ids for ", model.name(), ", found ", tokenizer->vocabulary(),
                                           ": give the one the model was trained with"));
}

}  // namespace rwkvk
