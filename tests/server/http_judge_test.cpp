// Requests as bytes, in memory: what is taken, what is refused with which status, however the bytes are cut.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "http/request_reader.h"

using namespace rwkvk;
using http::RequestReader;
using Phase = RequestReader::Phase;

namespace {

struct Outcome {
    int status = 0;  // of a refusal; 0: none
    std::vector<http::Request> requests;
    bool is_waiting = false;  // for more of a request

    bool operator==(const Outcome& other) const {
        if (status != other.status || is_waiting != other.is_waiting) return false;
        if (requests.size() != other.requests.size()) return false;
        for (size_t i = 0; i < requests.size(); ++i) {
            const http::Request &a = requests[i], &b = other.requests[i];
            if (a.method != b.method || a.target != b.target || a.body != b.body) return false;
        }
        return true;
    }
};

void take_all(RequestReader& reader, Outcome& outcome) {
    for (;;) {
        if (reader.phase() == Phase::judged) reader.accept();
        if (reader.phase() != Phase::done) break;
        outcome.requests.push_back(reader.take());
    }
}

Outcome read_in_pieces(const std::string& text, size_t piece, const http::Options& options = {}) {
    Outcome outcome;
    RequestReader reader(options);
    for (size_t i = 0; i < text.size(); i += piece) {
        reader.feed(std::string_view(text).substr(i, piece));
        take_all(reader, outcome);
    }
    outcome.is_waiting = reader.has_begun() && reader.phase() != Phase::refused;
    if (reader.phase() != Phase::refused) return outcome;
    outcome.status = reader.refused().status;
    const auto json = nlohmann::json::parse(reader.refused().body);
    CHECK(json["error"]["type"] == "invalid_request_error");
    CHECK(!json["error"]["message"].get<std::string>().empty());
    CHECK(json["error"]["code"].is_null());
    return outcome;
}

/// The same in one piece, byte by byte and between.
Outcome read(const std::string& text, const http::Options& options = {}) {
    const Outcome whole = read_in_pieces(text, text.size(), options);
    for (const size_t piece : {1, 2, 3, 7, 64}) {
        INFO("pieces of ", piece);
        CHECK(read_in_pieces(text, piece, options) == whole);
    }
    return whole;
}

int status_of(const std::string& text, const http::Options& options = {}) {
    INFO(text.substr(0, 200));
    const Outcome outcome = read(text, options);
    // A refusal must come of what is complete: no case may only wait.
    CHECK_FALSE(outcome.is_waiting);
    return outcome.status;
}

/// After the request line.
int status_of_fields(const std::string& fields, const std::string& body = "") {
    return status_of("POST /x HTTP/1.1\r\n" + fields + "\r\n" + body);
}

std::string with_target(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string chunked(const std::string& body) {
    return "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

TEST_CASE("a proper request is taken, with what is known of it") {
    const Outcome outcome = read(
        "POST /v1/chat%20x/%C3%A9?a=%20b HTTP/1.1\r\nhost: localhost:8080\r\nORIGIN: http://a\r\n"
        "Authorization: Bearer k\r\nX-Api-Key:  k2 \r\nContent-Type: application/json\r\n"
        "Sec-Fetch-Site: same-origin\r\nContent-Length: 5\r\n\r\nhello");
    REQUIRE(outcome.requests.size() == 1);
    CHECK_FALSE(outcome.is_waiting);
    const http::Request& request = outcome.requests[0];
    CHECK(request.method == "POST");
    CHECK(request.target == "/v1/chat%20x/%C3%A9?a=%20b");
    CHECK(request.path == "/v1/chat x/\xc3\xa9");
    CHECK(request.query == "a=%20b");
    CHECK(request.host == "localhost:8080");
    CHECK(request.origin == "http://a");
    CHECK(request.authorization == "Bearer k");
    CHECK(request.api_key == "k2");
    CHECK(request.content_type == "application/json");
    CHECK(request.fetch_site == "same-origin");
    CHECK(request.body == "hello");
}

TEST_CASE("where a request ends is never in doubt") {
    SUBCASE("Content-Length and Transfer-Encoding, in both orders") {
        CHECK(status_of_fields("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                               "0\r\n\r\n") == 400);
        CHECK(status_of_fields("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                               "0\r\n\r\n") == 400);
    }
    SUBCASE("several lengths") {
        CHECK(status_of_fields("Host: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n", "hello!") == 400);
        CHECK(status_of_fields("Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n", "hello") == 400);
        CHECK(status_of_fields("Host: a\r\nContent-Length: 5, 5\r\n", "hello") == 400);
    }
    SUBCASE("lengths that are no numbers") {
        for (const char* length :
             {"-5", "+5", "0x5", "5 5", "5.0", "", "five", "5,", "99999999999999999999999",
              "\x0b"
              "5"}) {
            INFO(length);
            CHECK(status_of_fields("Host: a\r\nContent-Length: " + std::string(length) + "\r\n", "hello") >=
                  400);
        }
    }
    SUBCASE("codings other than 'chunked'") {
        for (const char* coding : {"gzip", "gzip, chunked", "chunked, gzip", "identity", "chunked, chunked",
                                   "xchunked", "", "chunked;q=1", "\"chunked\""}) {
            INFO(coding);
            CHECK(status_of_fields("Host: a\r\nTransfer-Encoding: " + std::string(coding) + "\r\n",
                                   "0\r\n\r\n") == 400);
        }
        CHECK(status_of_fields("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                               "0\r\n\r\n") == 400);
        CHECK(status_of_fields("Host: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
                               "0\r\n\r\n") == 400);
    }
    SUBCASE("a coding on HTTP/1.0") {
        CHECK(status_of("POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
    }
    SUBCASE("names that some readers see and others do not") {
        CHECK(status_of_fields("Host: a\r\nContent-Length : 5\r\n", "hello") == 400);
        CHECK(status_of_fields("Host: a\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n") == 400);
        CHECK(status_of_fields("Host: a\r\n Content-Length: 5\r\n", "hello") == 400);
        CHECK(status_of_fields("Host: a\r\nX: y\r\n\tTransfer-Encoding: chunked\r\n", "0\r\n\r\n") == 400);
        CHECK(status_of_fields("Host: a\r\n: x\r\n") == 400);
        CHECK(status_of_fields("Host: a\r\nno colon\r\n") == 400);
        CHECK(status_of_fields("Host: a\r\nTransfer\x01-Encoding: chunked\r\n") == 400);
    }
    SUBCASE("line ends that are not CR LF") {
        CHECK(status_of("GET /x HTTP/1.1\nHost: a\n\n") == 400);
        CHECK(status_of("GET /x HTTP/1.1\r\nHost: a\n\r\n") == 400);
        CHECK(status_of("GET /x HTTP/1.1\r\nHost: a\r\n\n") == 400);
        CHECK(status_of("GET /x HTTP/1.1\r\nHost: a\rX: y\r\n\r\n") == 400);
        CHECK(status_of("GET /x HTTP/1.1\r\nHost: a\r\r\n\r\n") == 400);
        CHECK(status_of_fields("Host: a\r\nX: a\nTransfer-Encoding: chunked\r\n") == 400);
    }
    SUBCASE("bytes of zero") {
        CHECK(status_of_fields(std::string("Host: a\r\nX: a\0b\r\n", 17)) == 400);
        CHECK(status_of_fields(std::string("Host: a\r\nX\0: b\r\n", 16)) == 400);
    }
}

TEST_CASE("chunks are read strictly") {
    CHECK(read(chunked("5\r\nhello\r\n0\r\n\r\n")).requests.at(0).body == "hello");
    CHECK(read(chunked("0\r\n\r\n")).requests.at(0).body.empty());
    CHECK(read(chunked("5;name=value\r\nhello\r\n1 ;a\r\n!\r\n000\r\nX: y\r\nZ: w\r\n\r\n"))
              .requests.at(0)
              .body == "hello!");
    CHECK(read(chunked("A\r\n0123456789\r\n0b\r\n0123456789a\r\n0\r\n\r\n")).requests.at(0).body.size() ==
          21);
    for (const char* body :
         {"+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
          " 5\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
          "5\r\nhello!\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n",
          "5_\r\nhello\r\n0\r\n\r\n", ";a\r\nhello\r\n", "0\r\nX: y\n\r\n", "0\r\n\rX",
          "5;a\nb\r\nhello\r\n0\r\n\r\n", "5;a\x01\r\nhello\r\n0\r\n\r\n", "0\r\nX: \x01\r\n\r\n"}) {
        CHECK(status_of(chunked(body)) == 400);
    }
    CHECK(status_of(chunked("5;" + std::string(2000, 'a'))) == 400);
    CHECK(status_of(chunked("0\r\nX: " + std::string(20000, 'a'))) == 400);
    CHECK(status_of(chunked("ffffffffffffffffff\r\n")) == 413);
    CHECK(status_of(chunked("7fffffffffffffff\r\n")) == 413);
}

TEST_CASE("the fields of trailers are none of the header") {
    const Outcome outcome = read(chunked("0\r\nAuthorization: Bearer k\r\nHost: b\r\n\r\n"));
    CHECK(outcome.requests.at(0).authorization.empty());
    CHECK(outcome.requests.at(0).host == "a");
}

TEST_CASE("hosts") {
    CHECK(status_of_fields("") == 400);
    CHECK(status_of_fields("Host: a\r\nHost: a\r\n") == 400);
    CHECK(status_of_fields("Host: a\r\nhost: b\r\n") == 400);
    CHECK(status_of_fields("Host: a b\r\n") == 400);
    CHECK(status_of_fields("Host: a@b\r\n") == 400);
    CHECK(status_of_fields("Host: a/b\r\n") == 400);
    CHECK(status_of_fields("Host: a, b\r\n") == 400);
    CHECK(status_of("GET /x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
    CHECK(status_of("GET /x HTTP/1.0\r\n\r\n") == 0);
    CHECK(status_of_fields("Host: [::1]:8080\r\n") == 0);
    CHECK(status_of_fields("Host: \r\n") == 0);  // judged above: an empty one is no pass
}

TEST_CASE("targets") {
    for (const char* target :
         {"x", "http://a/x", "*", "/a\x7f", "/a\x01", "/a\tb", "/%00", "/%0d%0aX:y", "/%", "/%4", "/%zz",
          "/../etc/passwd", "/a/../b", "/a/..", "/%2e%2e/x", "/..%2fx", "/a/..%5cb", "/?a\x01"}) {
        CHECK(status_of(with_target(target)) == 400);
    }
    CHECK(status_of("GET  /x HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET /x  HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET /x y HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET /x\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("G\xc3\xa9T /x HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of(" GET /x HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    for (const char* target : {"/", "/a..b", "/...", "/a?..", "/a?/../x", "/%41"}) {
        CHECK(status_of(with_target(target)) == 0);
    }
}

TEST_CASE("versions") {
    for (const char* version : {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/9.9"}) {
        CHECK(status_of("GET /x " + std::string(version) + "\r\nHost: a\r\n\r\n") == 505);
    }
    for (const char* version : {"HTTP/1", "HTTP/11", "http/1.1", "HTTP/1.1 ", "HTTP/1.10", "XTTP/1.1", ""}) {
        CHECK(status_of("GET /x " + std::string(version) + "\r\nHost: a\r\n\r\n") == 400);
    }
}

TEST_CASE("limits") {
    http::Options options;
    options.max_body = 100;
    options.max_header = 1000;
    options.max_target = 200;
    options.max_fields = 5;
    CHECK(status_of(with_target("/" + std::string(199, 'a')), options) == 0);
    CHECK(status_of(with_target("/" + std::string(200, 'a')), options) == 414);
    CHECK(status_of(with_target("/" + std::string(2000, 'a')), options) == 414);
    const std::string begin = "GET /x HTTP/1.1\r\nHost: a\r\n";
    const auto sized = [&](size_t bytes) {
        return begin + "X: " + std::string(bytes - begin.size() - 7, 'x') + "\r\n\r\n";
    };
    CHECK(status_of(sized(1000), options) == 0);
    CHECK(status_of(sized(1001), options) == 431);
    CHECK(status_of(begin + "A:b\r\nA:b\r\nA:b\r\nA:b\r\n\r\n", options) == 0);
    CHECK(status_of(begin + "A:b\r\nA:b\r\nA:b\r\nA:b\r\nA:b\r\n\r\n", options) == 431);
    CHECK(status_of(begin + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'), options) == 0);
    CHECK(status_of(begin + "Content-Length: 101\r\n\r\n", options) == 413);
    CHECK(status_of(begin + "Content-Length: 18446744073709551615\r\n\r\n", options) == 413);
    CHECK(status_of(chunked("40\r\n" + std::string(64, 'x') + "\r\n24\r\n" + std::string(36, 'x') +
                            "\r\n0\r\n\r\n"),
                    options) == 0);
    CHECK(status_of(chunked("40\r\n" + std::string(64, 'x') + "\r\n25\r\n"), options) == 413);
}

TEST_CASE("an expectation that is unknown, and fields that may come only once") {
    CHECK(status_of_fields("Host: a\r\nExpect: 200-maybe\r\n") == 417);
    CHECK(status_of_fields("Host: a\r\nExpect: 100-Continue\r\n") == 0);
    for (const char* name : {"Authorization", "X-Api-Key", "Origin", "Content-Type", "Sec-Fetch-Site"}) {
        CHECK(status_of_fields("Host: a\r\n" + std::string(name) + ": a\r\n" + name + ": a\r\n") == 400);
    }
}

TEST_CASE("requests follow one another, with empty lines between them") {
    const std::string get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const Outcome outcome = read("\r\n" + get + "\r\n\r\n" + chunked("2\r\nhi\r\n0\r\n\r\n") +
                                 "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nyo" + get);
    CHECK(outcome.status == 0);
    REQUIRE(outcome.requests.size() == 4);
    CHECK(outcome.requests[1].body == "hi");
    CHECK(outcome.requests[2].body == "yo");
    CHECK(outcome.requests[3].body.empty());
}

TEST_CASE("how a connection goes on") {
    const auto keeps_alive = [](const std::string& version, const std::string& fields) {
        const http::Options options;
        RequestReader reader(options);
        reader.feed("GET /x " + version + "\r\nHost: a\r\n" + fields + "\r\n");
        REQUIRE(reader.phase() == Phase::judged);
        return reader.framing().keeps_alive;
    };
    CHECK(keeps_alive("HTTP/1.1", ""));
    CHECK(keeps_alive("HTTP/1.1", "Connection: keep-alive\r\n"));
    CHECK_FALSE(keeps_alive("HTTP/1.1", "Connection: Close\r\n"));
    CHECK_FALSE(keeps_alive("HTTP/1.1", "Connection: TE, close\r\n"));
    CHECK_FALSE(keeps_alive("HTTP/1.1", "Connection: TE\r\nConnection: close\r\n"));
    CHECK_FALSE(keeps_alive("HTTP/1.0", ""));
    CHECK(keeps_alive("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

}  // namespace
