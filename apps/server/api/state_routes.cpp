// States of conversations as files that clients keep.
#include <charconv>

#include "conversations.h"
#include "items.h"
#include "service.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// The turn that the query names by its number, else the head. Errors: ApiError.
uint64_t asked_turn(const Conversation& conversation, const std::string& query) {
    const std::string given = query_value(query, "turn");
    uint64_t n = conversation.head;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), n);
    const bool is_number = given.empty() || (error == std::errc() && end == given.data() + given.size());
    if (!is_number || (n != 0 && !conversation.turns.contains(n)))
        throw bad_request("turn: expected the number of one of the conversation's turns, found '" + given +
                          "'");
    return n;
}

}  // namespace

/// Up to the asked turn. Errors: ApiError, also where that is no answer.
SaidSoFar Service::said_in(const Call& call) const {
    const std::string owner = access_.owner_of(call.request), id = call.ids.front();
    const auto conversation = with_store([&] { return keeper_->store().get(owner, id); });
    if (!conversation) throw no_such_conversation(id);
    json messages = conversation->messages(asked_turn(*conversation, call.request.query));
    if (messages.empty() || messages.back().at("role") != "assistant")
        throw bad_request("the conversation ends in no answer, behind which there is a state");
    return {*call.loaded, options_.jobs, owner, {{"messages", std::move(messages)}}};
}

void Service::get_state(const Call& call) {
    const auto send = [client = call.client](std::string file) {
        if (!file.empty()) return client->send(200, "application/octet-stream", std::move(file));
        const ApiError error(500, "server_error", "the conversation could not be read");
        client->send(error.status, "application/json", to_text(to_json(error)));
    };
    if (!states_->encode(said_in(call), send)) throw unavailable("queue_full", "too many states are wanted");
}

void Service::put_state(const Call& call) {
    const size_t tokens = states_->bring(said_in(call), call.request.body);
    send(*call.client, {{"id", call.ids.front()}, {"object", "conversation.state"}, {"tokens", tokens}});
}

}  // namespace rwkvk::server
