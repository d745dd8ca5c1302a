#pragma once
// Text in which something begins at a mark.

#include <string_view>

#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

enum class Before { must_end, may_stay };

/// Any text up to the first `mark`, and that, and `behind`; where it `may_stay`, a text without the mark,
/// too. The mark is ASCII.
Node text_up_to(std::string_view mark, Node behind, Before before, Rules& rules);

/// The mark and `behind`, or any text that does not begin with it, blanks aside. The mark is ASCII.
Node text_unless_marked(std::string_view mark, Node behind, Rules& rules);

}  // namespace rwkvk::grammar
