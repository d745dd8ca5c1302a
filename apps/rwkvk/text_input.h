#pragma once

#include <string>
#include <vector>

#include "command.h"

namespace rwkvk::app {

/// A whole file, or stdin for "-". Errors: RWKVK_IO.
std::string read_text(const std::string& path);

/// "1, 2 3": ids separated by commas or white space. Errors: RWKVK_BAD_ARGUMENT.
std::vector<Token> parse_ids(const std::string& list);

}  // namespace rwkvk::app
