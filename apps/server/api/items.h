#pragma once
// Items of conversations and responses as OpenAI has them: messages, and what a model thought before one.

#include "dialect.h"
#include "fields.h"

namespace rwkvk::server {

/// What a client adds: a text of the user, or a list of items, as they are kept; `name` is the field. Their
/// ids are msg_<suffix>_0 and so on. Errors: ApiError; 501 for items other than messages and calls.
nlohmann::json read_items(const Fields& fields, const char* name, const std::string& suffix);

/// What the model said: its reasoning, if any, a message, and calls. `status`: "completed" or "incomplete".
nlohmann::json output_items(const std::string& suffix, const Choice& choice, const std::string& status);
nlohmann::json reasoning_item(const std::string& suffix, const std::string& text, const std::string& status);
nlohmann::json message_item(const std::string& suffix, const std::string& text, const std::string& status);
nlohmann::json call_item(const std::string& id, const Call& call, const std::string& status);
/// Of the call number `index` of an answer.
std::string call_item_id(const std::string& suffix, size_t index);
nlohmann::json output_part(const std::string& text);

/// {"object": "list", "data": [...]}: of `items`, which are in their order, so many as the query says by
/// `limit`, `order` and `after`. Errors: ApiError.
nlohmann::json page_of_items(nlohmann::json items, const std::string& query);
/// {"object": "list", "data": ..., "has_more": ...} with the first and last ids.
nlohmann::json list_of(nlohmann::json data, bool has_more);

/// The value of a name in "a=1&b=2"; "": none.
std::string query_value(const std::string& query, const std::string& name);
/// Of `limit`: 1 to `most`. Errors: ApiError.
size_t query_limit(const std::string& query, size_t otherwise, size_t most);

/// At most 16 texts by name, as OpenAI has it; an empty object where there is none. Errors: ApiError.
nlohmann::json read_metadata(const Fields& fields);

}  // namespace rwkvk::server
