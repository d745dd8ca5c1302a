#include "conversation.h"

#include <algorithm>

#include "ids.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr int deepest = 64;
constexpr size_t most_items = 4096;  // of a turn

[[noreturn]] void damaged(const std::string& what) { throw DamagedError(what); }

const json& member(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) damaged(std::string(name) + ": expected, found none");
    return *found;
}

std::string text(const json& object, const char* name) {
    const json& value = member(object, name);
    if (!value.is_string()) damaged(std::string(name) + ": expected a text");
    return value.get<std::string>();
}

uint64_t count(const json& object, const char* name) {
    const json& value = member(object, name);
    if (!value.is_number_unsigned()) damaged(std::string(name) + ": expected a whole number");
    return value.get<uint64_t>();
}

int64_t time(const json& object, const char* name) {
    const uint64_t seconds = count(object, name);
    if (seconds > uint64_t{1} << 40) damaged(std::string(name) + ": expected seconds");
    return static_cast<int64_t>(seconds);
}

json of_kind(const json& object, const char* name, json::value_t kind) {
    const json& value = member(object, name);
    if (value.type() != kind) damaged(std::string(name) + ": expected another kind of value");
    return value;
}

void check_item(const json& item) {
    if (!item.is_object()) damaged("item: expected an object");
    text(item, "id");
    const std::string type = text(item, "type");
    if (type == "function_call") {
        for (const char* const name : {"call_id", "name", "arguments"}) text(item, name);
        return;
    }
    if (type == "function_call_output") {
        for (const char* const name : {"call_id", "output"}) text(item, name);
        return;
    }
    if (type == "message") text(item, "role");
    const json& parts = member(item, "content");
    if (!parts.is_array() || parts.size() > most_items) damaged("content: expected a list of parts");
    for (const json& part : parts) {
        if (!part.is_object()) damaged("content: expected parts that are objects");
        text(part, "type");
        text(part, "text");
    }
}

json items(const json& object, const char* name) {
    json list = of_kind(object, name, json::value_t::array);
    if (list.size() > most_items) damaged(std::string(name) + ": too many items");
    for (const json& item : list) check_item(item);
    return list;
}

Turn turn_of(const json& object) {
    if (!object.is_object()) damaged("turn: expected an object");
    Turn turn;
    turn.n = count(object, "n");
    turn.parent = count(object, "parent");
    if (turn.n == 0 || turn.parent >= turn.n) damaged("turn: expected one that follows an earlier one");
    turn.created = time(object, "created");
    turn.seed = count(object, "seed");
    turn.finish = text(object, "finish");
    turn.input = items(object, "input");
    turn.output = items(object, "output");
    turn.usage = of_kind(object, "usage", json::value_t::object);
    turn.about = of_kind(object, "about", json::value_t::object);
    const json& deleted = member(object, "deleted");
    if (!deleted.is_boolean()) damaged("deleted: expected true or false");
    turn.deleted = deleted.get<bool>();
    return turn;
}

/// Prompts hold no NUL, and a model may have drawn one.
std::string without_nul(std::string text) {
    std::erase(text, '\0');
    return text;
}

/// The calls of an answer are part of its message.
void add_call(json& messages, const json& item) {
    if (messages.empty() || messages.back().at("role") != "assistant")
        messages.push_back({{"role", "assistant"}, {"content", ""}});
    json function = {{"name", without_nul(item.at("name"))},
                     {"arguments", without_nul(item.at("arguments"))}};
    messages.back()["tool_calls"].push_back({{"type", "function"}, {"function", std::move(function)}});
}

}  // namespace

std::string text_of_parts(const json& parts) {
    std::string all;
    for (const json& part : parts) all += part.at("text").get<std::string>();
    return all;
}

void add_messages(json& messages, const json& items) {
    for (const json& item : items) {
        const json& type = item.at("type");
        if (type == "function_call") add_call(messages, item);
        if (type == "function_call_output")
            messages.push_back({{"role", "tool"}, {"content", without_nul(item.at("output"))}});
        if (type != "message") continue;
        std::string content = without_nul(text_of_parts(item.at("content")));
        // An answer that was cancelled before its first word says nothing.
        if (!content.empty())
            messages.push_back({{"role", item.at("role")}, {"content", std::move(content)}});
    }
}

std::vector<const Turn*> Conversation::path(uint64_t n) const {
    std::vector<const Turn*> path;
    for (; n != 0; n = path.back()->parent) path.push_back(&turns.at(n));
    std::ranges::reverse(path);
    return path;
}

json Conversation::messages(uint64_t n) const {
    json messages = json::array();
    for (const Turn* const turn : path(n)) {
        add_messages(messages, turn->input);
        add_messages(messages, turn->output);
    }
    return messages;
}

void Conversation::add(Turn turn) {
    head = turn.n;
    last = std::max(last, turn.n);
    turns[turn.n] = std::move(turn);
}

json to_json(const Turn& turn) {
    return {
        {"n", turn.n},           {"parent", turn.parent},  {"created", turn.created}, {"seed", turn.seed},
        {"finish", turn.finish}, {"input", turn.input},    {"output", turn.output},   {"usage", turn.usage},
        {"about", turn.about},   {"deleted", turn.deleted}};
}

json to_json(const Conversation& conversation) {
    json turns = json::array();
    for (const auto& [n, turn] : conversation.turns) turns.push_back(to_json(turn));
    return {{"id", conversation.id},           {"owner", conversation.owner},
            {"created", conversation.created}, {"touched", conversation.touched},
            {"last", conversation.last},       {"head", conversation.head},
            {"turns", std::move(turns)},       {"metadata", conversation.metadata}};
}

json read_stored_object(const std::string& text) {
    if (text.size() > most_conversation_bytes) damaged("more bytes than a conversation has");
    const auto limit_depth = [](int depth, json::parse_event_t, json&) {
        return depth <= deepest || (damaged("nested too deep"), false);
    };
    try {
        json object = json::parse(text, limit_depth);
        if (!object.is_object()) damaged("expected an object");
        return object;
    } catch (const json::exception& error) {
        damaged(error.what());
    }
}

Turn read_turn(const std::string& text) { return turn_of(read_stored_object(text)); }

Conversation read_stored_conversation(const std::string& source) {
    const json object = read_stored_object(source);
    Conversation conversation;
    conversation.id = text(object, "id");
    if (!is_conversation_id(conversation.id)) damaged("id: expected that of a conversation");
    conversation.owner = text(object, "owner");
    conversation.created = time(object, "created");
    conversation.touched = time(object, "touched");
    conversation.metadata = of_kind(object, "metadata", json::value_t::object);
    conversation.last = count(object, "last");
    conversation.head = count(object, "head");
    for (const json& each : of_kind(object, "turns", json::value_t::array)) {
        Turn turn = turn_of(each);
        const uint64_t n = turn.n;
        if (!conversation.turns.emplace(n, std::move(turn)).second) damaged("turns: two of one number");
    }
    check_tree(conversation);
    return conversation;
}

void check_tree(const Conversation& conversation) {
    const auto& turns = conversation.turns;
    if (turns.size() > most_turns) damaged("turns: too many");
    for (const auto& [n, turn] : turns) {
        if (n != turn.n || n > conversation.last) damaged("turns: a number that was not given out");
        if (turn.parent >= n || (turn.parent != 0 && !turns.contains(turn.parent)))
            damaged("turns: one that follows none of them");
    }
    if (conversation.head != 0 && !turns.contains(conversation.head)) damaged("head: none of the turns");
}

std::string stored_text(const json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace rwkvk::server
