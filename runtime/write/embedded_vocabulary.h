#pragma once

#include <optional>
#include <string>

#include "runtime/load/vocabulary/vocabulary.h"
#include "runtime/model/model.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

/// A tokenizer's vocabulary as model files hold it: ids without text are unmatched, a blank line ends a turn.
/// Nothing for tokenizers other than of longest match, and for those of which such a file would lose
/// something: where id 0 has a text, or an id stands for unknown characters.
std::optional<load::Vocabulary> embedded_vocabulary(const text::Tokenizer& tokenizer);

/// The same of a file for this model. Errors: as make_model_tokenizer; Code::bad_argument where there is
/// nothing.
load::Vocabulary embedded_vocabulary(const Model& model, const std::string& path);

}  // namespace rwkvk
