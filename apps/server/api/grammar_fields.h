#pragma once

#include <memory>
#include <rwkvk_grammar.hpp>

#include "fields.h"

namespace rwkvk::server {

/// What the fields grammar, json_schema and response_format ask for; null: nothing.
/// Errors: ApiError; rwkvk::Error, RWKVK_BAD_ARGUMENT, for what the library does not take.
std::shared_ptr<const Grammar> read_grammar(const Fields& fields, const Tokenizer& tokenizer);

}  // namespace rwkvk::server
