#pragma once
// A conversation as it is kept: text, in a tree of turns. Whoever goes on renders the path to a turn; states
// of models are no part of it.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace rwkvk::server {

constexpr size_t most_turns = 10000;
constexpr size_t most_conversation_bytes = 32 << 20;  // as JSON

/// What is read from a store and is no conversation; what is wrong with it.
struct DamagedError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Turn {
    uint64_t n = 0, parent = 0;  // from 1 on; parent 0: it begins the conversation
    int64_t created = 0;         // seconds
    uint64_t seed = 0;
    std::string finish;  // of the answer: "stop", "length", "cancelled"; "": there was none
    // Lists of items as OpenAI has them: {id, type: "message", role, content: [{type, text}]}, reasoning
    // likewise, {type: "function_call", call_id, name, arguments}, {type: "function_call_output", output}.
    nlohmann::json input = nlohmann::json::array(), output = nlohmann::json::array();
    nlohmann::json usage = nlohmann::json::object();
    nlohmann::json about = nlohmann::json::object();  // what is told again of the response, as it was told
    bool deleted = false;                             // as a response; its texts are gone too
};

struct Conversation {
    std::string id, owner;
    int64_t created = 0, touched = 0;  // seconds
    nlohmann::json metadata = nlohmann::json::object();
    uint64_t last = 0;  // number that was given out
    uint64_t head = 0;  // that the next turn follows; 0: none yet
    std::map<uint64_t, Turn> turns;

    /// From the first one to turn `n`; empty for 0. Errors: std::out_of_range for a turn that there is not.
    std::vector<const Turn*> path(uint64_t n) const;
    /// What was said on that path, as messages of a chat. Errors: as path.
    nlohmann::json messages(uint64_t n) const;
    /// Adds it and makes it the head.
    void add(Turn turn);
};

/// What parts of an item say.
std::string text_of_parts(const nlohmann::json& parts);

/// Items as messages {role, content, tool_calls} of a chat, behind those that there are.
void add_messages(nlohmann::json& messages, const nlohmann::json& items);

nlohmann::json to_json(const Turn& turn);
nlohmann::json to_json(const Conversation& conversation);
// What a store holds is not to be trusted. Errors: DamagedError.
Turn read_turn(const std::string& text);
Conversation read_stored_conversation(const std::string& text);
/// An object. Errors: DamagedError.
nlohmann::json read_stored_object(const std::string& text);
/// Errors: DamagedError, for turns that do not make a tree, or a head that is none of them.
void check_tree(const Conversation& conversation);

/// One line; bytes that are no UTF-8 become U+FFFD.
std::string stored_text(const nlohmann::json& json);

}  // namespace rwkvk::server
