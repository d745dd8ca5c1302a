#pragma once

#include <string_view>

#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

/// Values and keys of a schema, and how deep they are nested, at most.
inline constexpr size_t most_schema_nodes = 10000, most_schema_depth = 64;

/// Adds rules for the JSON texts that are valid by a schema, without blanks before and behind; returns their
/// root. Members come in the order of the schema.
/// Errors: Code::bad_argument with the place in the schema: what is not JSON, keywords that are not
/// supported, schemas that nothing is valid by.
uint32_t add_json_schema(std::string_view schema, Rules& rules);

}  // namespace rwkvk::grammar
