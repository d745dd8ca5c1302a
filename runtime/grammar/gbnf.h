#pragma once

#include <string_view>

#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

inline constexpr size_t most_gbnf_bytes = 65536;

/// Adds the rules of a text in GBNF; returns the one with the name root.
/// Errors: Code::bad_argument with line and column: what is not GBNF, rules that are used but not defined, a
/// text of more than most_gbnf_bytes.
uint32_t parse_gbnf(std::string_view text, Rules& rules);

}  // namespace rwkvk::grammar
