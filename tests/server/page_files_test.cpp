// The page's files, by a server whose model is not there yet.
#include <doctest/doctest.h>

#include <future>

#include "api/service.h"
#include "page/page.h"

namespace rwkvk::server {
namespace {

struct Sent {
    int status = 0;
    std::string type, body;
    std::vector<http::Header> headers;
};

class Client final : public http::Responder {
  public:
    void send(int status, std::string_view type, std::string body,
              std::vector<http::Header> headers) override {
        sent.set_value({status, std::string(type), std::move(body), std::move(headers)});
    }
    void begin_stream(int, std::string_view, std::vector<http::Header>) override {}
    void write(std::string) override {}
    void end() override {}
    void on_gone(std::function<void()>) override {}
    bool gone() const override { return false; }

    std::promise<Sent> sent;
};

http::Request request(const std::string& method, const std::string& path) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.host = "localhost";
    return request;
}

Sent answer(Service& service, http::Request request) {
    const auto client = std::make_shared<Client>();
    service.handle(std::move(request), client);
    return client->sent.get_future().get();
}

int refused(const AccessRules& rules, const http::Head& head) {
    const auto refusal = Access(rules).judge(head);
    return refusal ? refusal->status : 0;
}

TEST_CASE("the page is there while the model is being loaded, and while the server ends") {
    Service service({});
    CHECK(answer(service, request("GET", "/health")).status == 503);
    const Sent page = answer(service, request("GET", "/"));
    CHECK(page.status == 200);
    CHECK(page.type == "text/html; charset=utf-8");
    CHECK(page.body.starts_with("<!doctype html>"));
    service.drain();
    CHECK(answer(service, request("HEAD", "/main.js")).status == 200);
    CHECK(answer(service, request("POST", "/")).status == 405);
    CHECK(answer(service, request("GET", "/main.js.map")).status == 404);
}

TEST_CASE("a server without its page has none of its files") {
    ServiceOptions options;
    options.access.page = false;
    Service service(options);
    CHECK(answer(service, request("GET", "/")).status == 503);  // the greeting names a model
    CHECK(answer(service, request("GET", "/main.js")).status == 404);
}

TEST_CASE("who has a file is told so, and no text twice") {
    Service service({});
    http::Request again = request("GET", "/page.css");
    const std::string tag = page_file("/page.css")->tag;
    for (const std::string& known : {tag, "W/" + tag, "\"0\", " + tag}) {
        again.if_none_match = known;
        const Sent sent = answer(service, again);
        CHECK(sent.status == 304);
        CHECK(sent.body == "");
    }
    again.if_none_match = "\"0\"";
    CHECK(answer(service, again).status == 200);
    CHECK(tag != page_file("/")->tag);
}

TEST_CASE("the page needs no key, and others may link to it") {
    const AccessRules with_key{.keys = {{"k", ""}}};
    http::Request page = request("GET", "/main.js"), other = request("GET", "/v1/models");
    CHECK(refused(with_key, page) == 0);
    CHECK(refused(with_key, other) == 401);
    CHECK(refused({.keys = {{"k", ""}}, .page = false}, page) == 401);
    page.fetch_site = other.fetch_site = "cross-site";
    CHECK(refused({}, page) == 0);
    CHECK(refused({}, other) == 403);
    page.host = "example.org";
    CHECK(refused({}, page) == 403);
}

}  // namespace
}  // namespace rwkvk::server
