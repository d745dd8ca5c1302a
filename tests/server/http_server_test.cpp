// The server on real sockets, in this process.

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "http_client.h"
#include "tests/support/temporary_folder.h"

using namespace rwkvk;
using test::Desk, test::HttpClient, test::RunningServer, test::get, test::post, test::has, test::status_of,
    test::body_of;
using namespace std::chrono_literals;
using Responder = std::shared_ptr<http::Responder>;

namespace {

/// Answers with what it was asked.
void echo(http::Request request, const Responder& answer) {
    answer->send(200, "text/plain", request.method + " " + request.path + " " + request.body);
}

/// Of a header in an answer.
std::string value(const std::string& answer, const std::string& name) {
    const size_t found = answer.find("\r\n" + name + ": ");
    if (found == answer.npos) return "";
    const size_t begin = found + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

TEST_CASE("a connection is kept for requests one after another") {
    RunningServer server({}, echo);
    HttpClient client(server.port());
    std::set<std::string> ids;
    for (int i = 0; i < 100; ++i) {
        client.say(post("/a", std::to_string(i)));
        const std::string answer = client.answer();
        CHECK(status_of(answer) == "200");
        CHECK(body_of(answer) == "POST /a " + std::to_string(i));
        CHECK_FALSE(has(answer, "Connection:"));
        const std::string id = value(answer, "x-request-id");
        CHECK(id.size() == 16);
        CHECK(id.find_first_not_of("0123456789abcdef") == id.npos);
        CHECK(ids.insert(id).second);
        // As in "Sat, 28 Nov 2026 01:02:03 GMT".
        const std::string date = value(answer, "Date");
        CHECK(date.size() == 29);
        CHECK(has(date, " GMT"));
    }
    client.say(get("/b", "Connection: close\r\n"));
    CHECK(has(client.answer(), "\r\nConnection: close\r\n"));
    CHECK_FALSE(client.hear());
    CHECK(client.has_ended());
}

TEST_CASE("pipelined requests are answered in their order, also when nothing is read meanwhile") {
    RunningServer server({}, echo);
    HttpClient client(server.port());
    std::string all;
    for (int i = 0; i < 2000; ++i) all += post("/" + std::to_string(i), std::string(100, 'x'));
    std::thread writer([&] { client.say(all); });
    for (int i = 0; i < 2000; ++i) {
        REQUIRE(body_of(client.answer()) == "POST /" + std::to_string(i) + " " + std::string(100, 'x'));
    }
    writer.join();
}

TEST_CASE("bodies in chunks, one byte at a time") {
    RunningServer server({}, echo);
    HttpClient client(server.port());
    for (const char c : std::string("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                    "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n"))
        client.say({&c, 1});
    CHECK(body_of(client.answer()) == "POST /c abcdefg");
    client.say(get("/d"));
    CHECK(body_of(client.answer()) == "GET /d ");
}

TEST_CASE("a large body goes in and out") {
    RunningServer server({}, echo);
    HttpClient client(server.port());
    const std::string body(4 << 20, 'x');
    std::thread writer([&] { client.say(post("/e", body)); });
    CHECK(body_of(client.answer()) == "POST /e " + body);
    writer.join();
}

TEST_CASE("who expects 100-continue gets it before sending the body, unless the request is refused") {
    http::Options options;
    options.max_body = 10;
    RunningServer server(options, echo, [](const http::Head& head) -> std::optional<http::Refusal> {
        if (head.path == "/no")
            return http::Refusal{401, "text/plain", "no", {{"WWW-Authenticate", "Bearer"}}};
        return {};
    });
    HttpClient client(server.port());
    const std::string fields = " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ";
    client.say("POST /f" + fields + "2\r\n\r\n");
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.say("hi");
    CHECK(body_of(client.answer()) == "POST /f hi");
    client.say("POST /f" + fields + "0\r\n\r\n");
    CHECK(body_of(client.answer()) == "POST /f ");

    client.say("POST /no" + fields + "2\r\n\r\n");
    const std::string refused = client.answer();
    CHECK(status_of(refused) == "401");
    CHECK(has(refused, "WWW-Authenticate: Bearer\r\n"));
    CHECK(has(refused, "Connection: close\r\n"));

    HttpClient other(server.port());
    other.say("POST /f" + fields + "11\r\n\r\n");
    CHECK(status_of(other.answer()) == "413");
}

TEST_CASE("a refusal of what has no body keeps the connection") {
    RunningServer server({}, echo, [](const http::Head& head) -> std::optional<http::Refusal> {
        if (head.path == "/throws") throw std::runtime_error("judge");
        if (head.path == "/no") return http::Refusal{404, "text/plain", "no", {}};
        CHECK(head.peer == "127.0.0.1");
        CHECK(head.request_id.size() == 16);
        return {};
    });
    HttpClient client(server.port());
    client.say(get("/no") + get("/yes") + get("/no") + get("/throws"));
    CHECK(status_of(client.answer()) == "404");
    CHECK(body_of(client.answer()) == "GET /yes ");
    CHECK(status_of(client.answer()) == "404");
    CHECK(status_of(client.answer()) == "500");
}

TEST_CASE("HEAD has the header of GET and no body") {
    RunningServer server({}, [](http::Request request, const Responder& answer) {
        if (request.path != "/stream") return echo(std::move(request), answer);
        answer->begin_stream(200, "text/event-stream");
        answer->write("text");
        answer->end();
    });
    HttpClient client(server.port());
    client.say("HEAD /g HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(has(client.until("\r\n\r\n"), "Content-Length: 8\r\n"));
    client.say("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(has(client.until("\r\n\r\n"), "Transfer-Encoding: chunked\r\n"));
    client.say("HEAD /../x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_of(client.until("\r\n\r\n")) == "400");
    client.say(get("/g"));
    CHECK(client.until_end().size() < 200);  // the body of the refusal at most: that one closes
}

TEST_CASE("a status without a body has no length either") {
    RunningServer server({}, [](http::Request, const Responder& answer) { answer->send(204, "", ""); });
    HttpClient client(server.port());
    client.say(get("/") + get("/"));
    CHECK_FALSE(has(client.until("\r\n\r\n"), "Content-"));
    CHECK(status_of(client.until("\r\n\r\n")) == "204");
}

TEST_CASE("headers from above cannot split an answer") {
    RunningServer server({}, [](http::Request, const Responder& answer) {
        answer->send(200, "text/plain", "x", {{"X-A", "1\r\nX-B: 2"}, {"X-Request-Id", "mine"}});
    });
    HttpClient client(server.port());
    client.say(get("/"));
    const std::string answer = client.answer();
    CHECK(has(answer, "X-A: 1  X-B: 2\r\n"));
    CHECK_FALSE(has(answer, "x-request-id"));
}

TEST_CASE("streams are in chunks on 1.1 and end with the connection on 1.0") {
    Desk desk;
    RunningServer server({}, desk.handler());
    SUBCASE("1.1") {
        HttpClient client(server.port());
        client.say(get("/"));
        const Responder answer = desk.next();
        answer->begin_stream(200, "text/event-stream", {{"Cache-Control", "no-cache"}});
        const std::string head = client.until("\r\n\r\n");
        CHECK(has(head, "Transfer-Encoding: chunked\r\n"));
        CHECK(has(head, "Cache-Control: no-cache\r\n"));
        CHECK_FALSE(has(head, "Content-Length"));
        answer->write("data: 1\n\n");
        CHECK(client.until("\n\n\r\n") == "9\r\ndata: 1\n\n\r\n");
        answer->write("");
        answer->write("data: 2\n\n");
        answer->end();
        answer->write("nothing may follow");
        answer->send(500, "text/plain", "nor this");
        CHECK(has(client.until("\r\n0\r\n\r\n"), "data: 2\n\n\r\n"));
        client.say(get("/"));
        desk.next()->send(200, "text/plain", "still here");
        CHECK(body_of(client.answer()) == "still here");
    }
    SUBCASE("1.0, even if it is to be kept alive") {
        HttpClient client(server.port());
        client.say(get("/", "Connection: keep-alive\r\n", "HTTP/1.0"));
        desk.next()->send(200, "text/plain", "x");
        CHECK(has(client.answer(), "Connection: keep-alive\r\n"));
        client.say(get("/", "Connection: keep-alive\r\n", "HTTP/1.0"));
        const Responder answer = desk.next();
        answer->begin_stream(200, "text/event-stream");
        answer->write("data: 1\n\n");
        answer->write("data: 2\n\n");
        answer->end();
        const std::string text = client.until_end();
        CHECK(has(text, "Connection: close\r\n"));
        CHECK_FALSE(has(text, "chunked"));
        CHECK(body_of(text) == "data: 1\n\ndata: 2\n\n");
    }
}

TEST_CASE("streams of events that are silent get comments, others do not") {
    Desk desk;
    http::Options options;
    options.ping_interval = 20ms;
    RunningServer server(options, desk.handler());
    HttpClient client(server.port()), other(server.port());
    client.say(get("/"));
    const Responder answer = desk.next();
    answer->begin_stream(200, "text/event-stream; charset=utf-8");
    other.say(get("/"));
    const Responder plain = desk.next();
    plain->begin_stream(200, "application/x-ndjson");
    for (int i = 0; i < 3; ++i) CHECK(has(client.until(": ping\n\n\r\n"), "8\r\n: ping\n\n\r\n"));
    answer->end();
    plain->end();
    CHECK(has(client.until("0\r\n\r\n"), "0\r\n\r\n"));
    CHECK_FALSE(has(other.until("\r\n0\r\n\r\n"), "ping"));
}

TEST_CASE("a handler that throws, or drops its answer, becomes a 500; a stream is cut") {
    RunningServer server({}, [](http::Request request, const Responder& answer) {
        if (request.path == "/dropped") return;
        if (request.path == "/stream") answer->begin_stream(200, "text/plain");
        if (request.path == "/answered") answer->send(200, "text/plain", "x");
        throw std::runtime_error("handler");
    });
    HttpClient client(server.port());
    client.say(get("/thrown") + get("/dropped") + get("/answered") + get("/stream"));
    CHECK(status_of(client.answer()) == "500");
    const std::string dropped = client.answer();
    CHECK(status_of(dropped) == "500");
    CHECK(has(dropped, R"("type":"server_error")"));
    CHECK(status_of(client.answer()) == "200");
    CHECK(body_of(client.until_end()) == "");
    CHECK(client.has_ended());
}

TEST_CASE("malformed requests are answered, and the connection ends without a reset") {
    RunningServer server({}, echo);
    HttpClient client(server.port());
    client.say("GET / HTTP/1.1\r\nHost : a\r\n\r\n" + std::string(100000, 'x'));
    const std::string answer = client.answer();
    CHECK(status_of(answer) == "400");
    CHECK(has(answer, "Connection: close\r\n"));
    CHECK(has(body_of(answer), R"({"error":{"message":")"));
    const auto begin = std::chrono::steady_clock::now();
    client.until_end();
    CHECK(client.has_ended());
    CHECK_FALSE(client.was_reset());
    CHECK(std::chrono::steady_clock::now() - begin < 1500ms);
}

TEST_CASE("a body that is too large is refused before it is read") {
    RunningServer server({}, [](http::Request, const Responder&) { FAIL("handled"); });
    HttpClient client(server.port());
    client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n");
    CHECK(status_of(client.answer()) == "413");
}

TEST_CASE("addresses that cannot be had") {
    http::Options options;
    options.port = 0;
    options.host = "300.1.1.1";
    CHECK_THROWS_WITH_AS(http::Server(options, echo, {}), doctest::Contains("cannot listen on 300.1.1.1:0: "),
                         std::runtime_error);
    options.host = "192.0.2.1";
    CHECK_THROWS_WITH_AS(http::Server(options, echo, {}),
                         doctest::Contains("choose an address of this machine"), std::runtime_error);
    options.host = "localhost";
    const http::Server first(options, echo, {});
    options.port = first.port();
    CHECK_THROWS_WITH_AS(http::Server(options, echo, {}), doctest::Contains("choose another port"),
                         std::runtime_error);
    options.host = "fd:0";
    CHECK_THROWS_WITH_AS(http::Server(options, echo, {}), doctest::Contains("no socket that listens"),
                         std::runtime_error);
}

TEST_CASE("a socket that listens already") {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    http::Options options;
    options.host = "fd:" + std::to_string(descriptor);
    CHECK_THROWS_AS(http::Server(options, echo, {}), std::runtime_error);
    REQUIRE(::listen(descriptor, 5) == 0);
    RunningServer server(options, echo);
    HttpClient client(server.port());
    client.say(get("/"));
    CHECK(status_of(client.answer()) == "200");
}

TEST_CASE("IPv6, which means IPv4 too where every address is meant") {
    http::Options options;
    options.port = 0;
    options.host = "::";
    std::optional<http::Server> probe;
    try {
        probe.emplace(options, echo, http::Judge());
    } catch (const std::runtime_error& error) {
        MESSAGE("no IPv6 here: ", error.what());
        return;
    }
    RunningServer server(options, [](http::Request request, const Responder& answer) {
        answer->send(200, "text/plain", request.peer);
    });
    HttpClient client(server.port());
    client.say(get("/"));
    CHECK(body_of(client.answer()) == "127.0.0.1");
    options.host = "[::1]";
    CHECK(http::Server(options, echo, {}).port() != 0);
}

TEST_CASE("a socket with a name") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "socket";
    http::Options options;
    options.host = "unix:" + path;
    {
        RunningServer server(options, [](http::Request request, const Responder& answer) {
            answer->send(200, "text/plain", request.peer);
        });
        CHECK(server.port() == 0);
        HttpClient client(path);
        client.say(get("/"));
        CHECK(body_of(client.answer()) == "unix");
        CHECK_THROWS_WITH_AS(http::Server(options, echo, {}),
                             doctest::Contains("another program listens there"), std::runtime_error);
    }
    CHECK(folder.names().empty());
    {  // one that a killed server left behind
        const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        ::close(left);
        RunningServer server(options, echo);
        HttpClient client(path);
        client.say(get("/"));
        CHECK(status_of(client.answer()) == "200");
    }
    options.host = "unix:" + folder.path().string();
    CHECK_THROWS_WITH_AS(http::Server(options, echo, {}), doctest::Contains("a file that is no socket"),
                         std::runtime_error);
    options.host = "unix:/" + std::string(200, 'x');
    CHECK_THROWS_WITH_AS(http::Server(options, echo, {}), doctest::Contains("the name has 201 bytes"),
                         std::runtime_error);
}

}  // namespace
