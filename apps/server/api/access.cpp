#include "access.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "error_words.h"
#include "page/page.h"

namespace rwkvk::server {
namespace {

constexpr std::string_view public_paths[] = {"/health", "/v1/health", "/livez"};

http::Refusal refusal(const http::Head& head, int status, const std::string& type, const std::string& message,
                      const std::string& code = "") {
    http::Refusal refusal{
        status, "application/json", to_text(error_at(head.path, ApiError(status, type, message, code))), {}};
    if (status == 401) refusal.headers.push_back({"WWW-Authenticate", "Bearer"});
    return refusal;
}

/// "name", "name:port", "1.2.3.4:port", "[::1]:port" without the port.
std::string without_port(const std::string& host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

bool is_address(const std::string& host) {
    if (host.starts_with('[')) return host.ends_with(']');
    return !host.empty() && host.find_first_not_of("0123456789.") == host.npos;
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

/// "http://name:port" without what is before the name.
std::string host_of_origin(const std::string& origin) {
    const size_t begin = origin.find("://");
    return begin == origin.npos ? "" : origin.substr(begin + 3);
}

}  // namespace

std::vector<ApiKey> read_keys(const std::string& text, const std::string& where) {
    std::vector<ApiKey> keys;
    std::istringstream lines(text);
    std::string line;
    for (size_t number = 1; std::getline(lines, line); ++number) {
        std::istringstream words(line.substr(0, line.find('#')));
        ApiKey key;
        std::string more;
        if (!(words >> key.secret)) continue;
        words >> key.name;
        if (words >> more) {
            throw std::runtime_error(where + ", line " + std::to_string(number) +
                                     ": expected KEY or KEY NAME, found further words");
        }
        keys.push_back(std::move(key));
    }
    if (keys.empty()) throw std::runtime_error(where + ": expected at least one key, found none");
    return keys;
}

bool same_secret(std::string_view a, std::string_view b) {
    // Of `b`, which is ours: how long it takes tells at most how long what was sent is.
    unsigned different = a.size() == b.size() ? 0 : 1;
    for (size_t i = 0; i < a.size(); ++i)
        different |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^
                                           static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]));
    return different == 0;
}

const ApiKey* Access::key_of(const http::Head& head) const {
    constexpr std::string_view bearer = "bearer ";
    std::string_view sent = head.api_key;
    if (lower(head.authorization.substr(0, bearer.size())) == bearer)
        sent = std::string_view(head.authorization).substr(bearer.size());
    const ApiKey* found = nullptr;
    for (const ApiKey& key : rules_.keys)
        if (same_secret(sent, key.secret)) found = &key;  // and on: every key is compared
    return found;
}

std::string Access::owner_of(const http::Head& head) const {
    const ApiKey* const key = key_of(head);
    return key ? key->name : "";
}

bool Access::host_is_known(const std::string& host) const {
    const std::string name = lower(without_port(host));
    return name == "localhost" || name.ends_with(".localhost") || is_address(name) ||
           std::ranges::count(rules_.allowed_hosts, name) > 0;
}

bool Access::is_page(const http::Head& head) const { return rules_.page && page_file(head.path); }

bool Access::origin_is_listed(const http::Head& head) const {
    if (head.origin.empty()) return false;
    const std::string origin = lower(head.origin);
    return std::ranges::any_of(rules_.origins,
                               [&](const std::string& each) { return each == "*" || lower(each) == origin; });
}

std::vector<http::Header> Access::headers_for(const http::Head& head) const {
    if (!origin_is_listed(head)) return {};
    std::vector<http::Header> headers = {{"Access-Control-Allow-Origin", head.origin}, {"Vary", "Origin"}};
    if (is_preflight(head)) {
        headers.push_back({"Access-Control-Allow-Methods", "GET, POST, DELETE"});
        headers.push_back({"Access-Control-Allow-Headers", "authorization, content-type, x-api-key"});
        headers.push_back({"Access-Control-Max-Age", "600"});
    }
    return headers;
}

bool Access::is_preflight(const http::Head& head) const {
    return head.method == "OPTIONS" && origin_is_listed(head);
}

/// Pages of other origins that are not listed may not ask; a browser sends some of their requests unasked.
std::optional<http::Refusal> Access::judge_origin(const http::Head& head) const {
    if (origin_is_listed(head)) return std::nullopt;
    if (!head.origin.empty() && lower(host_of_origin(head.origin)) != lower(head.host)) {
        return refusal(head, 403, "permission_error", "pages of " + head.origin + " may not ask this server",
                       "origin_not_allowed");
    }
    // Others may link to the page, which holds no secret and does nothing by itself.
    if (!is_page(head) && head.fetch_site == "cross-site")
        return refusal(head, 403, "permission_error", "other pages may not ask this server",
                       "origin_not_allowed");
    if (!head.origin.empty() && head.method == "POST" && !head.content_type.starts_with("application/json")) {
        return refusal(head, 415, "invalid_request_error",
                       "expected the content type application/json, found '" + head.content_type + "'");
    }
    return std::nullopt;
}

std::optional<http::Refusal> Access::judge(const http::Head& head) const {
    const bool is_public = is_page(head) || std::ranges::count(public_paths, head.path) > 0;
    // A page of somebody else's whose name was made to mean this machine.
    if (rules_.loopback && rules_.keys.empty() && !host_is_known(head.host)) {
        return refusal(
            head, 403, "permission_error",
            "this server answers to localhost, not to '" + head.host + "': start it with --allowed-hosts",
            "host_not_allowed");
    }
    if (const auto refused = judge_origin(head)) return refused;
    if (is_preflight(head)) return std::nullopt;  // browsers send no key with it
    if (!is_public && !rules_.keys.empty() && !key_of(head)) {
        http::Refusal refused = refusal(head, 401, "authentication_error",
                                        "expected an API key, as 'Authorization: Bearer KEY' or 'x-api-key: "
                                        "KEY', found none that is valid");
        for (http::Header& header : headers_for(head)) refused.headers.push_back(std::move(header));
        return refused;
    }
    return std::nullopt;
}

}  // namespace rwkvk::server
