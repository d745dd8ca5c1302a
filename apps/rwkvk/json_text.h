#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rwkvk::app {

/// Indented; bytes that are no UTF-8, as file names may have, become U+FFFD.
inline std::string to_text(const nlohmann::json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace rwkvk::app
