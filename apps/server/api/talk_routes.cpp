// Conversations and responses among the service's calls.
#include "api_error.h"
#include "conversations.h"
#include "responses.h"
#include "schema_texts.h"
#include "service.h"

namespace rwkvk::server {

using nlohmann::json;

void Service::add_talk_routes(std::vector<Route>& list) {
    const std::string all = "/v1/conversations", one = all + "/{id}", items = one + "/items",
                      item = items + "/{item}";
    list.push_back({"POST", all, false, &Service::talk<&create_conversation>});
    list.push_back({"GET", all, false, &Service::talk<&list_conversations>});
    list.push_back({"GET", one, false, &Service::talk<&get_conversation>});
    list.push_back({"POST", one, false, &Service::talk<&change_conversation>});
    list.push_back({"DELETE", one, false, &Service::talk<&delete_conversation>});
    list.push_back({"GET", one + "/turns", false, &Service::talk<&list_turns>});
    list.push_back({"GET", items, false, &Service::talk<&list_items>});
    list.push_back({"POST", items, false, &Service::append_items});
    list.push_back({"GET", item, false, &Service::talk<&get_item>});
    list.push_back({"DELETE", item, false, &Service::talk<&delete_item>});
    list.push_back({"GET", one + "/state", true, &Service::get_state});
    list.push_back({"PUT", one + "/state", true, &Service::put_state});
    for (const std::string before : {"", "/v1"}) {
        const std::string responses = before + "/responses";
        list.push_back({"POST", responses, true, &Service::respond});
        list.push_back({"GET", responses + "/{id}", false, &Service::talk<&get_response>});
        list.push_back({"DELETE", responses + "/{id}", false, &Service::talk<&delete_response>});
        list.push_back({"GET", responses + "/{id}/input_items", false, &Service::talk<&list_input_items>});
    }
}

template <auto answers>
void Service::talk(const Call& call) {
    const TalkRequest request{access_.owner_of(call.request), call.request.query, call.request.body,
                              call.ids};
    call.client->send(200, "application/json", to_text(answers(keeper_->store(), request)));
}

void Service::append_items(const Call& call) {
    const TalkRequest request{access_.owner_of(call.request), call.request.query, call.request.body,
                              call.ids};
    call.client->send(200, "application/json", to_text(add_items(keeper_, request)));
}

void Service::respond(const Call& call) {
    const json body = parse_request(call.request.body);
    WordedJob worded = read_response_job(body, access_.owner_of(call.request), *call.loaded, options_.jobs,
                                         {keeper_, states_});
    answer(call, std::move(worded.job), std::move(worded.dialect));
}

/// Whether it names a conversation, and then is answered in it.
bool Service::chats_in_session(const Call& call, const json& body) {
    if (named_conversation(Fields(body)).empty()) return false;
    WordedJob worded = read_session_job(body, access_.owner_of(call.request), *call.loaded, options_.jobs,
                                        {keeper_, states_});
    answer(call, std::move(worded.job), std::move(worded.dialect));
    return true;
}

}  // namespace rwkvk::server
