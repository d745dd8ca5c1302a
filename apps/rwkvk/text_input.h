#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command.h"

namespace rwkvk::app {

/// A whole file, or stdin for "-". Errors: RWKVK_IO.
std::string read_text(const std::string& path);

/// The same without the newline at its very end, which editors put there.
std::string read_prompt(const std::string& path, bool keep_newline);

/// With \n, \r, \t, \", \', \\ and \xNN as what they stand for; other backslashes stay.
std::string unescaped(std::string_view text);

/// "1, 2 3", "[1, 2, 3]": ids separated by commas, white space or brackets. Errors: RWKVK_BAD_ARGUMENT.
std::vector<Token> parse_ids(const std::string& list);

}  // namespace rwkvk::app
