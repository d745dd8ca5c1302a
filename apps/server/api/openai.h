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

/// A conversation as the model's template writes it, and what may be called in its answer.
struct Conversing {
    Prompt prompt;
    ToolWish tools;
};
/// Of a chat request. Errors: as read_chat_job.
Conversing read_conversation(const Fields& fields, const Loaded& loaded, const JobDefaults& defaults);
/// What the job answers, held to calls of its tools. Errors: ApiError; rwkvk::Error for the tools' schemas.
void answer_conversation(Job& job, Conversing conversation, const Loaded& loaded);
/// The same of one whose last message is an answer: what is said next goes on from it. Errors: likewise.
Prompt answered_prompt(const Fields& fields, const Loaded& loaded, const JobDefaults& defaults);

}  // namespace rwkvk::server
