#pragma once
// OpenAI's /v1/responses, and chats that go on in a conversation.

#include "openai.h"
#include "talk/conversation.h"
#include "turn_states.h"
#include "turn_under_way.h"

namespace rwkvk::server {

/// A job and how its answer is worded.
struct WordedJob {
    Job job;
    std::unique_ptr<Dialect> dialect;
};

/// Where its conversation is kept.
struct Talk {
    std::shared_ptr<Keeper> keeper;
    std::shared_ptr<TurnStates> states;
};

/// Errors: ApiError; rwkvk::Error for what the library refuses.
WordedJob read_response_job(const nlohmann::json& body, const std::string& owner, Loaded& loaded,
                            const JobDefaults& defaults, const Talk& talk);
/// Of a chat whose messages are new ones of the conversation that `session_id` or `conversation` names.
/// Errors: likewise.
WordedJob read_session_job(nlohmann::json body, const std::string& owner, Loaded& loaded,
                           const JobDefaults& defaults, const Talk& talk);
/// Which it names; "": none. Errors: ApiError.
std::string named_conversation(const Fields& fields);

/// A response that is kept.
nlohmann::json response_words(const std::string& id, const std::string& conversation, const Turn& turn);

/// `about`: what was asked, as it is told again. `suffix`: what the ids of items end with.
std::unique_ptr<Dialect> responses_dialect(nlohmann::json about, std::string suffix, const Job& job);

/// Parts of a response that say how an answer ended: status, incomplete_details, output, usage.
nlohmann::json ended_words(const std::string& suffix, const Choice& choice);
/// What of its `rwkvk` is known then.
nlohmann::json response_own_words(const std::vector<std::vector<Token>>& prompts, const Choice& choice);

}  // namespace rwkvk::server
