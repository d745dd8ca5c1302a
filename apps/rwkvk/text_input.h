#pragma once
// Prompts and token lists from flags and files, and the tokenizer that fits a model.

#include <memory>
#include <string>
#include <vector>

#include "runtime/model/model.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk::app {

/// The whole of a file, or of stdin for "-". Errors: Code::io.
std::string read_text(const std::string& path);

/// Ids separated by commas, spaces or line ends. Errors: Code::bad_argument naming the piece that is none.
std::vector<text::Token> parse_ids(const std::string& list);

/// With a vocabulary file: the World tokenizer. Without: the vocabulary that the model's file holds, or bytes
/// for a model of 256 rows.
/// Errors: Code::bad_argument saying which vocabulary is missing and where to get it.
std::unique_ptr<text::Tokenizer> open_tokenizer(const Model* model, const std::string& vocabulary);

}  // namespace rwkvk::app
