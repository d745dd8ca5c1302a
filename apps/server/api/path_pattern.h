#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rwkvk::server {

/// What stands for the {names} of "/v1/conversations/{id}", each a part of the path without "/"; none:
/// another path.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path);

}  // namespace rwkvk::server
