#pragma once
// Ollama's POST /api/chat and /api/generate.

#include "openai.h"

namespace rwkvk::server {

enum class OllamaCall { chat, generate };

/// No messages or no prompt: the model is to be loaded, which it is. Errors: ApiError.
bool asks_to_load(const nlohmann::json& body, OllamaCall call);
nlohmann::json ollama_loaded(const Loaded& loaded, OllamaCall call);

/// Errors: as the jobs of openai.h.
Job read_ollama_job(const nlohmann::json& body, OllamaCall call, const Loaded& loaded,
                    const JobDefaults& defaults);
/// `loaded` outlives it.
std::unique_ptr<Dialect> ollama_dialect(OllamaCall call, const Loaded& loaded, const Job& job);

/// Seconds as whole nanoseconds.
int64_t nanoseconds(double seconds);
/// "2026-11-28T12:00:00Z"
std::string time_now();

}  // namespace rwkvk::server
