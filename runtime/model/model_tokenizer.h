#pragma once

#include <memory>

#include "runtime/model/model.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

/// The tokenizer that belongs to the model: of the vocabulary in its file, or bytes for a vocabulary of 256.
/// Errors: Code::bad_argument saying which vocabulary file to get, where the model's file holds none.
std::unique_ptr<text::Tokenizer> make_model_tokenizer(const Model& model);

}  // namespace rwkvk
