#pragma once
// Who may ask, from where: decided from the head of a request, before its body is read.

#include <optional>
#include <string>
#include <vector>

#include "http/server.h"

namespace rwkvk::server {

struct ApiKey {
    std::string secret, name;  // name: whose requests share states; keys of one name belong together
};

/// Lines "KEY [NAME]"; # begins a comment. Errors: std::runtime_error naming the line.
std::vector<ApiKey> read_keys(const std::string& text, const std::string& where);

struct AccessRules {
    std::vector<ApiKey> keys = {};                // none: everybody may
    std::vector<std::string> allowed_hosts = {};  // besides localhost and addresses
    std::vector<std::string> origins = {};        // whose pages may ask, besides its own; "*": all
    bool loopback = true;                         // the address that is listened on
    bool page = true;                             // there is one, and whoever may connect may see it
};

class Access {
  public:
    explicit Access(AccessRules rules) : rules_(std::move(rules)) {}

    /// Why it is refused: 401, 403, 415. Paths of `is_public` need no key.
    std::optional<http::Refusal> judge(const http::Head& head) const;
    /// What tells a browser that a page of another origin may see the answer; none for others.
    std::vector<http::Header> headers_for(const http::Head& head) const;
    /// Whether it asks for that only, before the request itself.
    bool is_preflight(const http::Head& head) const;
    /// Whose it is: the key's name; "" without keys.
    std::string owner_of(const http::Head& head) const;

  private:
    const ApiKey* key_of(const http::Head& head) const;
    bool host_is_known(const std::string& host) const;
    bool is_page(const http::Head& head) const;
    bool origin_is_listed(const http::Head& head) const;
    std::optional<http::Refusal> judge_origin(const http::Head& head) const;

    const AccessRules rules_;
};

/// Equal, in a time that tells nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace rwkvk::server
