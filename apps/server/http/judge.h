#pragma once
// What of a request's header is taken, before a byte of its body is read. Refuses whatever another reader of
// the same bytes could understand in another way: a proxy and this server must agree on where a request ends.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server.h"

namespace rwkvk::http {

/// A header as it came, blanks around the values cut.
struct RequestHeader {
    std::string method, target;
    int version = 11;  // 10 or 11
    std::vector<Header> fields;
};

/// How the body ends and what follows it; of a header that was taken.
struct Framing {
    bool chunked = false;
    size_t content_length = 0;
    bool keeps_alive = true;
    bool expects_continue = false;
    bool is_head = false;  // the answer has no body
    int version = 11;
};

/// Pure. Nothing: it is taken.
std::optional<Refusal> judge(const RequestHeader& header, const Options& options);
Framing framing_of(const RequestHeader& header);
/// request_id and peer stay empty.
Head head_of(const RequestHeader& header);

/// The answer to what is no proper request: {"error":{…}}. `message` needs no escapes.
Refusal refusal(int status, std::string_view message);

/// Of header names and of words in values: capitals do not count, and only those of ASCII are known.
bool equal_words(std::string_view a, std::string_view b);

}  // namespace rwkvk::http
