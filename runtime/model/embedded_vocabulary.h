#pragma once

#include <optional>

#include "runtime/load/vocabulary.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

/// A tokenizer's vocabulary as model files hold it: ids without text are unmatched, a blank line ends a turn.
/// Nothing for tokenizers other than of longest match.
std::optional<load::Vocabulary> embedded_vocabulary(const text::Tokenizer& tokenizer);

}  // namespace rwkvk
