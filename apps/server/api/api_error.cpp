#include "api_error.h"

namespace rwkvk::server {

ApiError bad_request(const std::string& message) { return {400, "invalid_request_error", message}; }

ApiError not_supported(const std::string& what) {
    return {501, "not_supported_error", what + " is not supported by this server: leave it out"};
}

ApiError unavailable(const std::string& code, const std::string& message) {
    return {503, "unavailable_error", message, code};
}

ApiError to_api_error(rwkvk_status status, const std::string& message) {
    switch (status) {
        case RWKVK_BAD_ARGUMENT:
        case RWKVK_BAD_TEXT:
        case RWKVK_BAD_TOKEN:
            return bad_request(message);
        case RWKVK_BUSY:
            return unavailable("queue_full", message);
        default:
            return {500, "server_error", message};
    }
}

nlohmann::json to_json(const ApiError& error) {
    nlohmann::json code;  // null
    if (!error.code.empty()) code = error.code;
    return {{"error", {{"message", error.what()}, {"type", error.type}, {"param", nullptr}, {"code", code}}}};
}

std::string to_text(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace rwkvk::server
