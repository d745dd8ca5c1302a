#pragma once
// Answers as bytes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server.h"

namespace rwkvk::http {

struct AnswerHead {
    int status = 200;
    std::string type;  // "": no Content-Type
    std::vector<Header> headers;
    std::string request_id;
    bool keeps_alive = true;
    int version = 11;              // of the request
    std::optional<size_t> length;  // nothing: a stream
};

/// Whether an answer of this status ends with its header (RFC 9110, 6.4.1).
bool has_body(int status);
/// Streams are chunked on 1.1, and end with the connection on 1.0.
bool is_chunked(const AnswerHead& head);
/// With the empty line. Control characters in headers become blanks: no answer is split in two.
std::string text_of(const AnswerHead& head);
/// Nothing of an empty text, which would end the body.
std::string chunk_of(std::string_view text);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace rwkvk::http
