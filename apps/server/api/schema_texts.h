#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rwkvk::server {

/// A request's body, as parse_object reads it, but for the schemas in it, which are texts: answers have
/// members in the order of their schema, which objects do not keep.
/// Errors: likewise, and for schemas whose objects have more than 1,000 members.
nlohmann::json parse_request(const std::string& body);

/// A schema in a request, or one that was an object from the beginning, as a text.
std::string schema_text(const nlohmann::json& schema);

}  // namespace rwkvk::server
