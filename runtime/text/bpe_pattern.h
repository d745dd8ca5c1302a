#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/text/vocabulary.h"

namespace rwkvk::text {

/// How many bytes of a text that is not empty form its first piece. The patterns are regular expressions of
/// alternatives, the first that matches wins:
/// gpt2: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// qwen2: (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|
///        \s+(?!\S)|\s+
/// A byte that is not UTF-8 counts as a character of no class.
size_t first_bpe_piece(std::string_view text, BpePattern pattern);

}  // namespace rwkvk::text
