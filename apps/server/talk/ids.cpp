#include "ids.h"

#include <algorithm>
#include <charconv>
#include <random>

namespace rwkvk::server {
namespace {

constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t name_letters = 22;  // of 62: 131 bits
constexpr std::string_view conversation_prefix = "conv_", response_prefix = "resp_";

bool is_name(std::string_view name) {
    return name.size() == name_letters && name.find_first_not_of(letters) == name.npos;
}

}  // namespace

std::string random_name() {
    std::random_device device;
    std::uniform_int_distribution<size_t> any(0, letters.size() - 1);
    std::string name(name_letters, ' ');
    std::ranges::generate(name, [&] { return letters[any(device)]; });
    return name;
}

std::string new_conversation_id() { return std::string(conversation_prefix) + random_name(); }

bool is_conversation_id(std::string_view id) {
    return id.starts_with(conversation_prefix) && is_name(id.substr(conversation_prefix.size()));
}

std::string to_text(const ResponseId& id) {
    return std::string(response_prefix) + id.conversation.substr(conversation_prefix.size()) + "_" +
           std::to_string(id.turn);
}

std::optional<ResponseId> read_response_id(std::string_view id) {
    if (!id.starts_with(response_prefix)) return std::nullopt;
    id.remove_prefix(response_prefix.size());
    if (id.size() < name_letters + 2 || id[name_letters] != '_' || !is_name(id.substr(0, name_letters)))
        return std::nullopt;
    const std::string_view digits = id.substr(name_letters + 1);
    ResponseId read{std::string(conversation_prefix) + std::string(id.substr(0, name_letters))};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), read.turn);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    return whole && (digits == "0" || digits[0] != '0') ? std::optional(read) : std::nullopt;
}

}  // namespace rwkvk::server
