#pragma once
// The properties of characters that tokenizers ask for.

#include <cstdint>
#include <string>
#include <string_view>

namespace rwkvk::text {

/// As regular expressions have them: \p{L}, \p{N}, \s (White_Space), and what is none of these.
enum class CharacterClass { letter, number, space, other };

CharacterClass class_of(uint32_t code_point);

/// Normal form C of every well-formed stretch; bytes that are not UTF-8 stay where they are. Takes linear
/// time but for n log n in the marks of one character, and at most 20 times the text's memory.
std::string nfc(std::string_view text);

}  // namespace rwkvk::text
