#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/text/tokenizer.h"

namespace rwkvk {

/// What a search found, or why there is nothing.
struct FoundVocabulary {
    std::unique_ptr<text::Tokenizer> tokenizer;  // null: none
    std::string path;
    std::string refused;  // a file that looked right but was not taken, and why; or empty
};

/// The vocabulary file for a model of so many rows whose own file holds none. Looks in the model's folder,
/// then in `data_folder`, for the names of its vocabulary (65536 rows: World, 50277 or 50304: 20B); in the
/// model's folder then also for tokenizer.json, vocab.json, vocab.txt and *_vocab.txt. Taken is what can be
/// read and has no more ids than the model rows, and for those three sizes not many fewer. Either folder may
/// be empty. Errors: Code::bad_argument when several *_vocab.txt fit.
FoundVocabulary find_vocabulary(const std::filesystem::path& model_folder,
                                const std::filesystem::path& data_folder, uint32_t rows);

}  // namespace rwkvk
