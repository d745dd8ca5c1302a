#pragma once

#include <memory>
#include <string>

#include "runtime/model/model.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

struct ModelTokenizer {
    std::unique_ptr<text::Tokenizer> tokenizer;
    std::string source;  // where it comes from: a path, "the model's file", or "256 bytes"
};

/// The tokenizer that belongs to the model: of the vocabulary in its file, bytes for a vocabulary of 256,
/// else of a vocabulary file beside the model or in the user's data folder, as find_vocabulary describes.
/// Errors: Code::bad_argument saying how to get the vocabulary file, where none of these is there.
ModelTokenizer make_model_tokenizer(const Model& model);

/// Of a vocabulary file beside a model whose own file holds none; null where there is none.
std::unique_ptr<text::Tokenizer> find_model_tokenizer(const Model& model);

/// Of a vocabulary file that a person chose for the model.
/// Errors: as open_vocabulary; Code::bad_argument when it has more ids than the model has rows.
std::unique_ptr<text::Tokenizer> make_model_tokenizer(const Model& model, const std::string& vocabulary_path);

}  // namespace rwkvk
