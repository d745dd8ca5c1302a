#include "answer_text.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "judge.h"

namespace rwkvk::http {
namespace {

struct Reason {
    int status;
    std::string_view text;
};

constexpr Reason reasons[] = {{200, "OK"},
                              {201, "Created"},
                              {202, "Accepted"},
                              {204, "No Content"},
                              {304, "Not Modified"},
                              {400, "Bad Request"},
                              {401, "Unauthorized"},
                              {403, "Forbidden"},
                              {404, "Not Found"},
                              {405, "Method Not Allowed"},
                              {408, "Request Timeout"},
                              {409, "Conflict"},
                              {413, "Content Too Large"},
                              {414, "URI Too Long"},
                              {415, "Unsupported Media Type"},
                              {417, "Expectation Failed"},
                              {429, "Too Many Requests"},
                              {431, "Request Header Fields Too Large"},
                              {500, "Internal Server Error"},
                              {501, "Not Implemented"},
                              {503, "Service Unavailable"},
                              {505, "HTTP Version Not Supported"}};

std::string_view reason_of(int status) {
    for (const Reason& reason : reasons) {
        if (reason.status == status) return reason.text;
    }
    return "Status";
}

void add(std::string& text, std::string_view name, std::string_view value) {
    const size_t begin = text.size();
    text += name;
    text += ": ";
    text += value;
    std::replace_if(
        text.begin() + static_cast<ptrdiff_t>(begin), text.end(),
        [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; }, ' ');
    text += "\r\n";
}

/// RFC 9110, 5.6.7; not by strftime, which speaks the program's language.
std::string date() {
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t now = std::time(nullptr);
    std::tm t{};
    gmtime_r(&now, &t);
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday], t.tm_mday,
                  months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    return text;
}

}  // namespace

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

bool is_chunked(const AnswerHead& head) {
    return !head.length && head.version >= 11 && has_body(head.status);
}

std::string text_of(const AnswerHead& head) {
    std::string text = "HTTP/1.1 " + std::to_string(head.status) + " ";
    text += reason_of(head.status);
    text += "\r\n";
    add(text, "Date", date());
    if (!head.type.empty()) add(text, "Content-Type", head.type);
    if (head.length && has_body(head.status)) add(text, "Content-Length", std::to_string(*head.length));
    if (is_chunked(head)) add(text, "Transfer-Encoding", "chunked");
    if (!head.keeps_alive) add(text, "Connection", "close");
    if (head.keeps_alive && head.version < 11) add(text, "Connection", "keep-alive");
    const bool is_named = std::any_of(head.headers.begin(), head.headers.end(), [](const Header& header) {
        return equal_words(header.name, "x-request-id");
    });
    if (!is_named) add(text, "x-request-id", head.request_id);
    for (const Header& header : head.headers) add(text, header.name, header.value);
    text += "\r\n";
    return text;
}

std::string chunk_of(std::string_view text) {
    if (text.empty()) return {};
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    std::string chunk = size;
    chunk += text;
    chunk += "\r\n";
    return chunk;
}

}  // namespace rwkvk::http
