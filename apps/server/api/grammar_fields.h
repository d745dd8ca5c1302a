#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <rwkvk_grammar.hpp>
#include <string>

namespace rwkvk::server {

/// What the fields grammar, json_schema and response_format of a body ask for; null: nothing. The text is of
/// the body: members of answers come in the order in which its schemas have them.
/// Errors: ApiError; rwkvk::Error, RWKVK_BAD_ARGUMENT, for what the library does not take.
std::shared_ptr<const Grammar> read_grammar(const nlohmann::json& body, const std::string& text,
                                            const Tokenizer& tokenizer);

}  // namespace rwkvk::server
