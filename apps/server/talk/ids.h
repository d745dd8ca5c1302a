#pragma once
// Names of conversations and responses: random where they are told, checked where they come back.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rwkvk::server {

/// 22 letters and digits of at least 128 random bits.
std::string random_name();
/// conv_NAME
std::string new_conversation_id();
bool is_conversation_id(std::string_view id);

struct ResponseId {
    std::string conversation;  // conv_NAME
    uint64_t turn = 0;         // 0: what the first ones follow
};
/// resp_NAME_TURN
std::string to_text(const ResponseId& id);
/// None where it is not of that form.
std::optional<ResponseId> read_response_id(std::string_view id);

}  // namespace rwkvk::server
