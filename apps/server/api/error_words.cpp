#include "error_words.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// As Anthropic's clients know them.
std::string anthropic_type(const ApiError& error) {
    switch (error.status) {
        case 401:
        case 403:
        case 404:
            return error.type;
        case 413:
            return "request_too_large";
        case 500:
            return "api_error";
        case 503:
            return "overloaded_error";
        default:
            return "invalid_request_error";
    }
}

}  // namespace

json ollama_error(const ApiError& error) { return {{"error", error.what()}}; }

json anthropic_error(const ApiError& error) {
    return {{"type", "error"}, {"error", {{"type", anthropic_type(error)}, {"message", error.what()}}}};
}

json error_at(const std::string& path, const ApiError& error) {
    if (path.starts_with("/api/")) return ollama_error(error);
    if (path.starts_with("/v1/messages")) return anthropic_error(error);
    return to_json(error);
}

}  // namespace rwkvk::server
