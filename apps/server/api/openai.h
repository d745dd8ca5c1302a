#pragma once
// OpenAI's /v1/chat/completions and /v1/completions.

#include <memory>

#include "answer.h"

namespace rwkvk::server {

/// Errors: ApiError; rwkvk::Error for what the library refuses of it.
Job read_chat_job(const nlohmann::json& body, const Loaded& loaded, const JobDefaults& defaults);
Job read_completion_job(const nlohmann::json& body, const Loaded& loaded, const JobDefaults& defaults);

// `loaded` outlives them.
std::unique_ptr<Dialect> chat_dialect(const nlohmann::json& body, const Loaded& loaded, const Job& job);
std::unique_ptr<Dialect> completion_dialect(const nlohmann::json& body, const Loaded& loaded, const Job& job);

/// The conversation of a chat request as the model's template writes it. Errors: as read_chat_job.
Prompt read_conversation(const Fields& fields, const Loaded& loaded, const JobDefaults& defaults);
/// Messages of which the last is an answer, as what is said next goes on from it. Errors: likewise.
Prompt answered_prompt(const nlohmann::json& messages, const Loaded& loaded,
                       const std::string& template_name);

}  // namespace rwkvk::server
