#pragma once
// Anthropic's POST /v1/messages and /v1/messages/count_tokens.

#include "openai.h"

namespace rwkvk::server {

/// Errors: as the jobs of openai.h.
Job read_anthropic_job(const nlohmann::json& body, const Loaded& loaded, const JobDefaults& defaults);
/// `loaded` outlives it.
std::unique_ptr<Dialect> anthropic_dialect(const Loaded& loaded, const Job& job);
/// The conversation as the model's template writes it. Errors: likewise.
Conversing read_anthropic_conversation(const Fields& fields, const Loaded& loaded,
                                       const JobDefaults& defaults);

}  // namespace rwkvk::server
