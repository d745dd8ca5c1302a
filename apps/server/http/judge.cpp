#include "judge.h"

#include <algorithm>
#include <cstdint>

namespace rwkvk::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

size_t count(const RequestHeader& header, std::string_view name) {
    return static_cast<size_t>(
        std::count_if(header.fields.begin(), header.fields.end(),
                      [&](const Header& field) { return equal_words(field.name, name); }));
}

std::string_view value(const RequestHeader& header, std::string_view name) {
    for (const Header& field : header.fields) {
        if (equal_words(field.name, name)) return field.value;
    }
    return {};
}

/// Whether a list with commas has the word, in any field of that name.
bool lists(const RequestHeader& header, std::string_view name, std::string_view word) {
    for (const Header& field : header.fields) {
        if (!equal_words(field.name, name)) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const size_t comma = std::min(rest.find(','), rest.size());
            std::string_view item = rest.substr(0, comma);
            while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
            while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
            if (equal_words(item, word)) return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

/// Nothing where an escape is broken.
std::optional<std::string> decoded(std::string_view text) {
    std::string result;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return {};
        result += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        i += 2;
    }
    return result;
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

bool leads_upwards(std::string_view path) {
    for (size_t begin = 0; begin <= path.size();) {
        const size_t end = std::min(path.find_first_of("/\\", begin), path.size());
        if (path.substr(begin, end - begin) == "..") return true;
        begin = end + 1;
    }
    return false;
}

std::optional<Refusal> judge_target(const RequestHeader& header, const Options& options) {
    if (header.target.size() > options.max_target) {
        return refusal(414, "target: longer than " + std::to_string(options.max_target) + " bytes");
    }
    if (header.target.empty() || header.target[0] != '/')
        return refusal(400, "target: expected a path that begins with /");
    const std::string_view target = header.target;
    const auto path = decoded(target.substr(0, target.find('?')));
    if (!path) return refusal(400, "target: % is not followed by two hexadecimal digits");
    if (has_control_characters(*path) || has_control_characters(target))
        return refusal(400, "target: control characters");
    if (leads_upwards(*path)) return refusal(400, "target: .. in the path");
    return {};
}

std::optional<Refusal> judge_host(const RequestHeader& header) {
    const size_t hosts = count(header, "host");
    if (hosts > 1) return refusal(400, "Host: more than one");
    if (hosts == 0 && header.version >= 11) return refusal(400, "Host: missing; HTTP/1.1 demands it");
    if (value(header, "host").find_first_of(" \t,/\\@?#\"<>") != std::string_view::npos)
        return refusal(400, "Host: expected a name or an address, and a port");
    return {};
}

std::optional<Refusal> judge_transfer_encoding(const RequestHeader& header) {
    const size_t codings = count(header, "transfer-encoding");
    if (codings == 0) return {};
    if (header.version < 11)
        return refusal(400, "Transfer-Encoding: unknown to HTTP/1.0; use Content-Length");
    if (codings > 1 || !equal_words(value(header, "transfer-encoding"), "chunked"))
        return refusal(400, "Transfer-Encoding: expected 'chunked' alone");
    if (count(header, "content-length") > 0)
        return refusal(400, "Transfer-Encoding: beside a Content-Length; use one of them");
    return {};
}

std::optional<Refusal> judge_content_length(const RequestHeader& header, const Options& options) {
    const size_t lengths = count(header, "content-length");
    if (lengths == 0) return {};
    const std::string_view text = value(header, "content-length");
    if (lengths > 1) return refusal(400, "Content-Length: more than one");
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit))
        return refusal(400, "Content-Length: expected digits");
    const size_t digits = text.size() - std::min(text.find_first_not_of('0'), text.size());
    if (digits > 15 || framing_of(header).content_length > options.max_body)
        return refusal(413, "body: longer than " + std::to_string(options.max_body) + " bytes");
    return {};
}

/// Fields of which every reader takes another one where there are several.
std::optional<Refusal> judge_repetitions(const RequestHeader& header) {
    for (const char* name :
         {"Authorization", "X-Api-Key", "Origin", "Content-Type", "Sec-Fetch-Site", "Expect"}) {
        if (count(header, name) > 1) return refusal(400, std::string(name) + ": more than one");
    }
    return {};
}

}  // namespace

bool equal_words(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

Refusal refusal(int status, std::string_view message) {
    std::string body = R"({"error":{"message":")";
    body += message;
    body += R"(","type":")";
    body += status >= 500 && status != 505 ? "server_error" : "invalid_request_error";
    body += R"(","code":null}})";
    return {status, "application/json", std::move(body), {}};
}

std::optional<Refusal> judge(const RequestHeader& header, const Options& options) {
    if (header.version != 10 && header.version != 11)
        return refusal(505, "version: expected HTTP/1.0 or HTTP/1.1");
    if (header.fields.size() > options.max_fields)
        return refusal(431, "header: more than " + std::to_string(options.max_fields) + " fields");
    if (auto found = judge_target(header, options)) return found;
    if (auto found = judge_host(header)) return found;
    if (auto found = judge_transfer_encoding(header)) return found;
    if (auto found = judge_content_length(header, options)) return found;
    if (auto found = judge_repetitions(header)) return found;
    const std::string_view expected = value(header, "expect");
    if (!expected.empty() && !equal_words(expected, "100-continue"))
        return refusal(417, "Expect: only 100-continue is known");
    return {};
}

Framing framing_of(const RequestHeader& header) {
    Framing framing;
    framing.version = header.version;
    framing.is_head = header.method == "HEAD";
    framing.chunked = count(header, "transfer-encoding") > 0;
    for (const char c : value(header, "content-length")) {
        framing.content_length = framing.content_length * 10 + static_cast<size_t>(c - '0');
    }
    framing.expects_continue = header.version >= 11 && equal_words(value(header, "expect"), "100-continue");
    framing.keeps_alive = !lists(header, "connection", "close") &&
                          (header.version >= 11 || lists(header, "connection", "keep-alive"));
    return framing;
}

Head head_of(const RequestHeader& header) {
    Head head;
    head.method = header.method;
    head.target = header.target;
    const size_t question = std::min(head.target.find('?'), head.target.size());
    head.path = decoded(std::string_view(head.target).substr(0, question)).value_or("");
    if (question < head.target.size()) head.query = head.target.substr(question + 1);
    head.host = value(header, "host");
    head.origin = value(header, "origin");
    head.authorization = value(header, "authorization");
    head.api_key = value(header, "x-api-key");
    head.content_type = value(header, "content-type");
    head.fetch_site = value(header, "sec-fetch-site");
    head.if_none_match = value(header, "if-none-match");
    return head;
}

}  // namespace rwkvk::http
