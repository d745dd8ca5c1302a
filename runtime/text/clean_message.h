#pragma once

#include <string>
#include <string_view>

namespace rwkvk::text {

/// Without blanks and line ends at both ends.
std::string_view strip(std::string_view text);

/// A message as it may stand inside a turn, where a blank line would end the turn: line ends become \n; from
/// the first to the last line end of a run of blanks one \n is left, so the last line keeps its indentation;
/// then stripped. The result never holds \r or "\n\n", and cleaning it again changes nothing.
std::string clean_message(std::string_view text);

}  // namespace rwkvk::text
