#pragma once
// Vocabularies in GGUF files: World's, whose tokens are bodies of Python bytes literals, and Qwen2's.

#include <optional>
#include <string>
#include <string_view>

#include "runtime/load/gguf/gguf_metadata.h"
#include "runtime/load/vocabulary/vocabulary.h"

namespace rwkvk::load {

/// Values of `tokenizer.ggml.token_type`.
namespace gguf_token {
inline constexpr int32_t normal = 1, control = 3, user_defined = 4, unused = 5;
}

/// Nothing when the file holds no vocabulary of the World algorithm or of Qwen2's byte-level BPE.
/// Errors: Code::bad_file for arrays that contradict each other, more tokens than any model has, escapes that
/// are none, and merges of what are no tokens, naming the place.
std::optional<Vocabulary> read_gguf_vocabulary(const GgufMetadata& metadata, const std::string& path);

/// A token's bytes as GGUF files hold them, and back. Reading gives nothing for escapes that are none.
std::string gguf_escaped(std::string_view bytes);
std::optional<std::string> gguf_unescaped(std::string_view body);

}  // namespace rwkvk::load
