#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::fuzz {

/// Encodes a text and decodes it again. Errors: Code::bad_text.
inline void encode_with(const text::Tokenizer& tokenizer) {
    const auto ids = tokenizer.encode("aa  ab<|endoftext|>\n e\xcc\x81'S 12\xff");
    tokenizer.decode(std::span<const text::Token>(ids));
}

}  // namespace rwkvk::fuzz
