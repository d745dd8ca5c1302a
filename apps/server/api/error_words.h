#pragma once
// Errors in the dialect of the path that was asked.

#include "api_error.h"

namespace rwkvk::server {

/// {"error": text}
nlohmann::json ollama_error(const ApiError& error);
/// {"type": "error", "error": {"type", "message"}}
nlohmann::json anthropic_error(const ApiError& error);

/// That of `path`; OpenAI's for all others.
nlohmann::json error_at(const std::string& path, const ApiError& error);

}  // namespace rwkvk::server
