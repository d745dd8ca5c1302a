// A conversation as a store holds it, and the ids that clients send.

#include <cstdlib>
#include <string>

#include "apps/server/talk/conversation.h"
#include "apps/server/talk/ids.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    using namespace server;
    const auto id = read_response_id(input);
    if (id && to_text(*id) != input) std::abort();
    try {
        const Conversation read = read_stored_conversation(std::string(input));
        read.messages(read.head);  // every turn that can be reached is there
        if (to_json(read_stored_conversation(stored_text(to_json(read)))) != to_json(read)) std::abort();
    } catch (const DamagedError&) {
    }
}
