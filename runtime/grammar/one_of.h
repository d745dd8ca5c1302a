#pragma once

#include <string>

#include "runtime/grammar/schema_view.h"

namespace rwkvk::grammar {

/// Whether no value that is written for one of the schemas is valid by another, as far as their types, fixed
/// values and members show it.
bool are_apart(const SchemaDocument& document, const std::vector<load::JsonValue>& schemas);

}  // namespace rwkvk::grammar
