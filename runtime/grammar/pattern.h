#pragma once

#include <string>
#include <string_view>

#include "runtime/grammar/json_parts.h"
#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

/// The contents of JSON strings in which a regular expression of ECMA-262 finds something: alternatives,
/// groups, classes, repetitions; ^ and $ at the ends of the alternatives outside groups. `where` begins
/// errors. Errors: Code::bad_argument, for what is no expression, and for look-around, references to groups
/// and \b.
Node pattern(std::string_view text, const std::string& where, Rules& rules, JsonParts& parts);

}  // namespace rwkvk::grammar
