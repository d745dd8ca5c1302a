#pragma once
// A header's bytes taken apart by Boost.Beast's parser, the strictest at hand.

#include <optional>
#include <string_view>
#include <variant>

#include "judge.h"

namespace rwkvk::http {

/// `text` ends with the header's empty line. What is no header of a request: 400, 431 (too many fields), 505.
std::variant<RequestHeader, Refusal> parse_header(std::string_view text, const Options& options);

}  // namespace rwkvk::http
