#pragma once
// What a client is told instead of an answer.

#include <nlohmann/json.hpp>
#include <rwkvk.hpp>
#include <stdexcept>
#include <string>

namespace rwkvk::server {

struct ApiError : std::runtime_error {
    ApiError(int of_status, std::string of_type, const std::string& message, std::string of_code = "")
        : std::runtime_error(message),
          status(of_status),
          type(std::move(of_type)),
          code(std::move(of_code)) {}

    int status;
    std::string type, code;  // as OpenAI names them; code: "" for none
};

/// 400.
ApiError bad_request(const std::string& message);
/// 501: known to others, not to this server.
ApiError not_supported(const std::string& what);
/// 503: worth another try.
ApiError unavailable(const std::string& code, const std::string& message);

/// What the library refused, or failed at.
ApiError to_api_error(rwkvk_status status, const std::string& message);

/// {"error": {...}}
nlohmann::json to_json(const ApiError& error);

/// One line; bytes that are no UTF-8 become U+FFFD.
std::string to_text(const nlohmann::json& json);

}  // namespace rwkvk::server
