#include "conversation.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

namespace rwkvk::desktop {
namespace {

using nlohmann::json;

constexpr size_t name_bytes = 48;
constexpr int file_version = 1;

/// Begins with the time, so that files sort by age.
std::string new_id() {
    const std::time_t now = std::time(nullptr);
    char text[48];
    std::tm local{};
    localtime_r(&now, &local);
    const size_t length = std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
    std::snprintf(text + length, sizeof text - length, "-%08x", std::random_device{}());
    return text;
}

/// At most so many bytes, and no half of a character.
std::string shortened(const std::string& text, size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    return text.substr(0, bytes) + "…";
}

std::string first_line(const std::string& text) {
    const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    return text.substr(begin, text.find_first_of("\r\n", begin) - begin);
}

json to_json(const Message& message) {
    json object = {{"role", message.role == Role::user ? "user" : "assistant"}, {"text", message.text}};
    if (message.role == Role::user) return object;
    if (!message.reasoning.empty()) object["reasoning"] = message.reasoning;
    if (!message.ending.empty()) object["ending"] = message.ending;
    object["model"] = message.model;
    object["seed"] = message.seed;
    object["tokens"] = message.tokens;
    object["seconds"] = message.seconds;
    return object;
}

Role role_of(const std::string& name) {
    if (name == "user") return Role::user;
    if (name == "assistant") return Role::assistant;
    throw std::runtime_error("a message's role is '" + name + "', expected user or assistant");
}

Message message_from(const json& object) {
    Message message{
        .role = role_of(object.at("role")), .text = object.at("text"), .reasoning = {}, .model = {}};
    message.reasoning = object.value("reasoning", "");
    message.ending = object.value("ending", "");
    message.model = object.value("model", "");
    message.seed = object.value("seed", uint64_t{0});
    message.tokens = object.value("tokens", uint64_t{0});
    message.seconds = object.value("seconds", 0.0);
    return message;
}

/// What templates take: turns and answers, one after the other.
void check_order(const std::vector<Message>& messages) {
    for (size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].role == (i % 2 == 0 ? Role::user : Role::assistant)) continue;
        throw std::runtime_error("message " + std::to_string(i + 1) +
                                 " is by the same side as the one before it" +
                                 ", expected user and assistant in turn");
    }
}

}  // namespace

std::string Conversation::name() const {
    if (!title.empty()) return title;
    const std::string line = messages.empty() ? "" : first_line(messages.front().text);
    return line.empty() ? "New conversation" : shortened(line, name_bytes);
}

void Conversation::say(const std::string& text) {
    if (messages.empty() || messages.back().role == Role::assistant) messages.emplace_back();
    std::string& turn = messages.back().text;
    turn += turn.empty() ? text : "\n\n" + text;
}

Message& Conversation::begin_answer() {
    messages.emplace_back().role = Role::assistant;
    return messages.back();
}

bool Conversation::ends_in_answer() const {
    return !messages.empty() && messages.back().role == Role::assistant;
}

bool Conversation::can_undo() const { return !messages.empty(); }

std::string Conversation::undo() {
    drop_answer();
    if (messages.empty()) return {};
    std::string said = std::move(messages.back().text);
    messages.pop_back();
    return said;
}

bool Conversation::can_regenerate() const { return messages.size() > 1 && ends_in_answer(); }

void Conversation::drop_answer() {
    if (ends_in_answer()) messages.pop_back();
}

Conversation Conversation::fork(size_t count) const {
    Conversation copy = *this;
    copy.id = new_id();
    copy.messages.resize(std::min(count, messages.size()));
    copy.title = name() + " (fork)";
    return copy;
}

Conversation new_conversation() {
    Conversation conversation;
    conversation.id = new_id();
    return conversation;
}

std::string to_json(const Conversation& conversation) {
    json messages = json::array();
    for (const Message& message : conversation.messages) messages.push_back(to_json(message));
    json object = {{"rwkvk_conversation", file_version},
                   {"title", conversation.title},
                   {"system", conversation.system},
                   {"messages", messages}};
    if (!conversation.state.empty()) object["state"] = conversation.state;
    return object.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Conversation conversation_from_json(const std::string& text, const std::string& where) {
    try {
        const json object = json::parse(text);
        if (object.at("rwkvk_conversation") != file_version)
            throw std::runtime_error("it is of another version than 1; open it with a newer rwkvk");
        Conversation conversation = new_conversation();
        conversation.title = object.value("title", "");
        conversation.system = object.value("system", "");
        conversation.state = object.value("state", "");
        for (const json& message : object.at("messages"))
            conversation.messages.push_back(message_from(message));
        check_order(conversation.messages);
        return conversation;
    } catch (const std::exception& error) {
        throw std::runtime_error(where + ": expected a conversation as this program saves it, found " +
                                 error.what());
    }
}

}  // namespace rwkvk::desktop
