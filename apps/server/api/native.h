#pragma once
// llama-server's own POST /completion.

#include "openai.h"

namespace rwkvk::server {

/// Errors: as the jobs of openai.h.
Job read_native_job(const nlohmann::json& body, const Loaded& loaded, const JobDefaults& defaults);
/// `loaded` outlives it.
std::unique_ptr<Dialect> native_dialect(const nlohmann::json& body, const Loaded& loaded, const Job& job);

}  // namespace rwkvk::server
