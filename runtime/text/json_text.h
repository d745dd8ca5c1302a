#pragma once
// JSON as it is written: where its parts end, and how it looks in a prompt. Nothing here says whether it is
// right.

#include <cstddef>
#include <string>
#include <string_view>

namespace rwkvk::text {

/// Behind the object or array that begins at text[at], or npos where none begins there or it does not end.
size_t json_container_end(std::string_view text, size_t at);

/// Whether the text is, from its first to its last byte, an object or array.
inline bool is_json_container(std::string_view text) { return json_container_end(text, 0) == text.size(); }

/// Every member and item on a line of its own, indented by two blanks, as Python's json.dumps(indent=2)
/// writes it. What is no container, or nested deeper than any tool needs, is left as it is.
std::string indented_json(std::string_view json);

/// The text as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace rwkvk::text
