#pragma once
// OpenAI's conversations: what is kept, without any model.

#include "talk/store.h"
#include "turn_under_way.h"

namespace rwkvk::server {

/// What is asked of the conversations, or of a response in them.
struct TalkRequest {
    std::string owner, query, body;
    std::vector<std::string> ids;  // of the path
};

// Errors of all: ApiError.
nlohmann::json create_conversation(Store& store, const TalkRequest& request);
nlohmann::json list_conversations(Store& store, const TalkRequest& request);
nlohmann::json get_conversation(Store& store, const TalkRequest& request);
nlohmann::json change_conversation(Store& store, const TalkRequest& request);
nlohmann::json delete_conversation(Store& store, const TalkRequest& request);
/// The whole tree: every turn as its response, with what it follows and its input.
nlohmann::json list_turns(Store& store, const TalkRequest& request);
nlohmann::json list_items(Store& store, const TalkRequest& request);
/// Unlike the others it appends: it needs the lease.
nlohmann::json add_items(const std::shared_ptr<Keeper>& keeper, const TalkRequest& request);
nlohmann::json get_item(Store& store, const TalkRequest& request);
nlohmann::json delete_item(Store& store, const TalkRequest& request);

nlohmann::json get_response(Store& store, const TalkRequest& request);
/// Its texts go; turns that follow it stay.
nlohmann::json delete_response(Store& store, const TalkRequest& request);
nlohmann::json list_input_items(Store& store, const TalkRequest& request);

}  // namespace rwkvk::server
