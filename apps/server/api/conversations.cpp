#include "conversations.h"

#include <algorithm>
#include <ctime>

#include "items.h"
#include "responses.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

json words_of(const Conversation& conversation) {
    json own = {{"updated_at", conversation.touched}};
    if (conversation.head != 0) own["head"] = to_text(ResponseId{conversation.id, conversation.head});
    return {{"id", conversation.id},
            {"object", "conversation"},
            {"created_at", conversation.created},
            {"metadata", conversation.metadata},
            {"rwkvk", std::move(own)}};
}

Conversation found(Store& store, const TalkRequest& request) {
    auto conversation = with_store([&] { return store.get(request.owner, request.ids.front()); });
    if (!conversation) throw no_such_conversation(request.ids.front());
    return std::move(*conversation);
}

/// Of the path to the head.
json items_of(const Conversation& conversation) {
    json items = json::array();
    for (const Turn* const turn : conversation.path(conversation.head)) {
        for (const json* const list : {&turn->input, &turn->output})
            items.insert(items.end(), list->begin(), list->end());
    }
    return items;
}

ApiError no_such_item(const std::string& id) {
    return {404, "not_found_error", "there is no item " + id + " in the conversation", "item_not_found"};
}

struct FoundResponse {
    ResponseId id;
    Turn turn;
};

FoundResponse found_response(Store& store, const TalkRequest& request) {
    const std::string& id = request.ids.front();
    const auto read = read_response_id(id);
    if (!read) throw no_such_conversation(id);
    auto conversation = with_store([&] { return store.get(request.owner, read->conversation); });
    if (!conversation || !conversation->turns.contains(read->turn) || conversation->turns[read->turn].deleted)
        throw no_such_conversation(id);
    return {*read, std::move(conversation->turns[read->turn])};
}

}  // namespace

json create_conversation(Store& store, const TalkRequest& request) {
    const json body = parse_object(request.body.empty() ? "{}" : request.body);
    const Fields fields(body);
    Conversation conversation;
    conversation.id = new_conversation_id();
    conversation.owner = request.owner;
    conversation.created = conversation.touched = std::time(nullptr);
    conversation.metadata = read_metadata(fields);
    const json* const items = fields.find("items");
    if (items && !(items->is_array() && items->empty())) {
        Turn turn;
        turn.n = 1;
        turn.created = conversation.created;
        turn.input = read_items(fields, "items", to_text(ResponseId{conversation.id, 1}).substr(5));
        conversation.add(std::move(turn));
    }
    with_store([&] { store.create(conversation); });
    return words_of(conversation);
}

json list_conversations(Store& store, const TalkRequest& request) {
    const size_t limit = query_limit(request.query, 20, 100);
    const std::string after = query_value(request.query, "after");
    // One more tells whether there are more.
    const auto all = with_store([&] { return store.list(request.owner, after, limit + 1); });
    json data = json::array();
    for (size_t i = 0; i < std::min(all.size(), limit); ++i) data.push_back(words_of(all[i]));
    return list_of(std::move(data), all.size() > limit);
}

json get_conversation(Store& store, const TalkRequest& request) { return words_of(found(store, request)); }

json change_conversation(Store& store, const TalkRequest& request) {
    const json body = parse_object(request.body);
    const Fields fields(body);
    if (!fields.find("metadata")) throw bad_request("metadata: expected an object of texts, found none");
    Conversation conversation = found(store, request);
    conversation.metadata = read_metadata(fields);
    if (!with_store([&] { return store.set_metadata(conversation.id, conversation.metadata); }))
        throw no_such_conversation(conversation.id);
    return words_of(conversation);
}

json delete_conversation(Store& store, const TalkRequest& request) {
    const std::string& id = request.ids.front();
    if (!with_store([&] { return store.erase(request.owner, id); })) throw no_such_conversation(id);
    return {{"id", id}, {"object", "conversation.deleted"}, {"deleted", true}};
}

json list_turns(Store& store, const TalkRequest& request) {
    const Conversation conversation = found(store, request);
    json data = json::array();
    for (const auto& [n, turn] : conversation.turns) {
        const auto name = [&](uint64_t of) { return to_text(ResponseId{conversation.id, of}); };
        json words = response_words(name(n), conversation.id, turn);
        words["previous_response_id"] = turn.parent == 0 ? json() : json(name(turn.parent));
        words["input"] = turn.input;
        data.push_back(std::move(words));
    }
    json list = list_of(std::move(data), false);
    list["conversation"] = words_of(conversation);
    return list;
}

json list_items(Store& store, const TalkRequest& request) {
    return page_of_items(items_of(found(store, request)), request.query);
}

json add_items(const std::shared_ptr<Keeper>& keeper, const TalkRequest& request) {
    const json body = parse_object(request.body);
    TurnUnderWay under_way(keeper, {request.owner, request.ids.front(), std::nullopt});
    read_items(Fields(body), "items", "");  // before a number is given out
    under_way.begin();
    Turn turn;
    turn.input = read_items(Fields(body), "items", under_way.suffix());
    json items = turn.input;
    const json told = under_way.keep(std::move(turn));
    if (!told.at("committed").get<bool>()) {
        if (told.at("reason") == "store_unavailable")
            throw unavailable("store_unavailable", "the conversation could not be written");
        throw ApiError(409, "conflict_error", "the conversation was changed meanwhile",
                       "conversation_changed");
    }
    return list_of(std::move(items), false);
}

json get_item(Store& store, const TalkRequest& request) {
    for (json& item : items_of(found(store, request)))
        if (item.at("id") == request.ids[1]) return std::move(item);
    throw no_such_item(request.ids[1]);
}

json delete_item(Store& store, const TalkRequest& request) {
    Conversation conversation = found(store, request);
    for (auto& [n, turn] : conversation.turns) {
        for (json* const list : {&turn.input, &turn.output}) {
            const auto item = std::find_if(list->begin(), list->end(),
                                           [&](const json& each) { return each.at("id") == request.ids[1]; });
            if (item == list->end()) continue;
            list->erase(item);
            with_store([&] { store.replace(conversation.id, turn); });
            return words_of(conversation);
        }
    }
    throw no_such_item(request.ids[1]);
}

json get_response(Store& store, const TalkRequest& request) {
    const FoundResponse response = found_response(store, request);
    return response_words(to_text(response.id), response.id.conversation, response.turn);
}

json delete_response(Store& store, const TalkRequest& request) {
    FoundResponse response = found_response(store, request);
    response.turn.input = response.turn.output = json::array();
    response.turn.about = json::object();
    response.turn.deleted = true;
    with_store([&] { store.replace(response.id.conversation, response.turn); });
    return {{"id", to_text(response.id)}, {"object", "response"}, {"deleted", true}};
}

json list_input_items(Store& store, const TalkRequest& request) {
    return page_of_items(found_response(store, request).turn.input, request.query);
}

}  // namespace rwkvk::server
