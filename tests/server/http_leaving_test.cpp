// Clients that leave, stall or are too many, and servers that end.

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http_client.h"

using namespace rwkvk;
using test::Desk, test::HttpClient, test::RunningServer, test::get, test::post, test::has, test::status_of,
    test::body_of, test::within, test::within_a_second;
using namespace std::chrono_literals;
using Responder = std::shared_ptr<http::Responder>;
using Clock = std::chrono::steady_clock;

namespace {

void echo(http::Request request, const Responder& answer) { answer->send(200, "text/plain", request.path); }

/// How often an answer was told that its client has gone.
class Goings {
  public:
    explicit Goings(const Responder& answer) {
        answer->on_gone([count = count_] { ++*count; });
    }
    int count() const { return *count_; }

  private:
    std::shared_ptr<std::atomic<int>> count_ = std::make_shared<std::atomic<int>>(0);
};

TEST_CASE("a client that leaves is noticed before the answer and during it") {
    Desk desk;
    RunningServer server({}, desk.handler());
    for (const bool has_begun : {false, true}) {
        for (const int way : {0, 1, 2}) {
            INFO("begun ", has_begun, ", way ", way);
            HttpClient client(server.port());
            client.say(post("/", "x") + get("/pipelined"));
            const Responder answer = desk.next();
            const Goings goings(answer);
            if (has_begun) {
                answer->begin_stream(200, "text/event-stream");
                answer->write("data: 1\n\n");
                client.until("data: 1\n\n");
            }
            CHECK_FALSE(answer->gone());
            if (way == 0) client.leave();
            if (way == 1) client.break_off();
            if (way == 2) client.half_close();
            CHECK(within_a_second([&] { return answer->gone(); }));
            CHECK(within_a_second([&] { return goings.count() == 1; }));
            answer->write("text");
            answer->end();
            answer->send(200, "text/plain", "x");
            CHECK(Goings(answer).count() == 1);  // at once
            CHECK(goings.count() == 1);
            std::this_thread::sleep_for(10ms);
            CHECK(desk.is_empty());
        }
    }
}

TEST_CASE("nobody has gone when an answer is complete") {
    Desk desk;
    RunningServer server({}, desk.handler());
    HttpClient client(server.port());
    client.say(get("/"));
    const Responder answer = desk.next();
    const Goings goings(answer);
    answer->send(200, "text/plain", "x");
    CHECK(body_of(client.answer()) == "x");
    client.leave();
    std::this_thread::sleep_for(20ms);
    CHECK(goings.count() == 0);
    CHECK_FALSE(answer->gone());
}

TEST_CASE("what a client hears after half-closing is the whole of an answer that is complete") {
    RunningServer server({}, [](http::Request, const Responder& answer) {
        answer->send(200, "text/plain", std::string(4 << 20, 'x'));
    });
    HttpClient client(server.port());
    client.say(get("/"));
    client.until("\r\n\r\n");
    client.half_close();
    CHECK(client.until_end().size() == 4 << 20);
}

TEST_CASE("an answer may be made by any thread, and outlive its connection and the server") {
    std::vector<Responder> kept;
    {
        Desk desk;
        RunningServer server({}, desk.handler());
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                HttpClient client(server.port());
                client.say(get("/"));
                client.until("data: 99\n\n");
                client.leave();
            });
        }
        std::vector<std::thread> writers;
        for (int i = 0; i < 8; ++i) {
            kept.push_back(desk.next());
            writers.emplace_back([answer = kept.back()] {
                answer->begin_stream(200, "text/event-stream");
                for (int k = 0; !answer->gone(); ++k) answer->write("data: " + std::to_string(k) + "\n\n");
            });
        }
        for (std::thread& thread : threads) thread.join();
        for (std::thread& writer : writers) writer.join();
        HttpClient client(server.port());
        client.say(get("/"));
        kept.push_back(desk.next());
    }
    for (const Responder& answer : kept) {
        CHECK(answer->gone());
        answer->write("text");
        answer->end();
    }
}

TEST_CASE("a slow reader is dropped when too much waits, or when nothing moves for too long") {
    Desk desk;
    http::Options options;
    options.write_time = 200ms;
    options.max_waiting = 100000;
    RunningServer server(options, desk.handler());
    HttpClient client(server.port(), /*receive_bytes*/ 4096);
    client.say(get("/"));
    const Responder answer = desk.next();
    const Goings goings(answer);
    answer->begin_stream(200, "text/plain");
    SUBCASE("too much") {
        const auto begin = Clock::now();
        for (int i = 0; i < 100000 && !answer->gone(); ++i) {
            answer->write(std::string(10000, 'x'));
            if (i % 100 == 99) std::this_thread::sleep_for(1ms);
        }
        CHECK(Clock::now() - begin < 2s);
    }
    SUBCASE("too long") {
        const auto begin = Clock::now();
        answer->write(std::string(20 << 20, 'x'));  // more than the system keeps
        CHECK(within(5s, [&] { return answer->gone(); }));
        CHECK(Clock::now() - begin >= 200ms);
    }
    CHECK(answer->gone());
    CHECK(within_a_second([&] { return goings.count() == 1; }));
}

TEST_CASE("who reads slowly but reads gets everything") {
    http::Options options;
    options.write_time = 300ms;
    RunningServer server(options, [](http::Request, const Responder& answer) {
        answer->send(200, "text/plain", std::string(8 << 20, 'x'));
    });
    HttpClient client(server.port(), /*receive_bytes*/ 4096);
    client.say(get("/", "Connection: close\r\n"));
    const auto begin = Clock::now();
    while (Clock::now() - begin < 900ms) {
        client.hear();
        std::this_thread::sleep_for(10ms);
    }
    CHECK(body_of(client.until_end()).size() == 8 << 20);
}

TEST_CASE("text that comes during a write goes out with the next one") {
    Desk desk;
    http::Options options;
    options.max_waiting = 64 << 20;
    RunningServer server(options, desk.handler());
    HttpClient client(server.port(), /*receive_bytes*/ 4096);
    client.say(get("/", "Connection: close\r\n"));
    const Responder answer = desk.next();
    answer->begin_stream(200, "text/plain");
    const std::string large(20 << 20, 'x');
    answer->write(large);
    for (int i = 0; i < 1000; ++i) answer->write("y");
    answer->end();
    const std::string body = body_of(client.until_end());
    std::string text;
    size_t chunks = 0;
    for (size_t at = 0; at < body.size(); ++chunks) {
        const size_t bytes = std::stoul(body.substr(at, 16), nullptr, 16);
        at = body.find('\n', at) + 1;
        text += body.substr(at, bytes);
        at += bytes + 2;
    }
    const bool is_whole = text == large + std::string(1000, 'y');
    CHECK(is_whole);
    CHECK(chunks <= 10);
}

/// Sends a drop every few milliseconds until it is destroyed.
class Dripping {
  public:
    Dripping(HttpClient& client, const std::string& drop)
        : thread_([this, &client, drop] {
              while (!is_over_) {
                  client.say(drop);
                  std::this_thread::sleep_for(15ms);
              }
          }) {}
    ~Dripping() {
        is_over_ = true;
        thread_.join();
    }
    Dripping(const Dripping&) = delete;
    Dripping& operator=(const Dripping&) = delete;

  private:
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

TEST_CASE("deadlines") {
    http::Options options;
    options.header_time = options.body_time = 400ms;
    RunningServer server(options, echo);
    HttpClient client(server.port());
    const auto begin = Clock::now();
    const auto passed = [&] { return Clock::now() - begin; };
    SUBCASE("nothing comes: the end without a word") {
        CHECK(client.until_end() == "");
        CHECK(client.has_ended());
        CHECK(passed() >= 400ms);
    }
    SUBCASE("a header drop by drop: 408, however lively") {
        client.say("GET / HTTP/1.1\r\nHost: a\r\n");
        const Dripping dripping(client, "X: y\r\n");
        CHECK(status_of(client.answer()) == "408");
        CHECK(passed() >= 400ms);
    }
    SUBCASE("a body drop by drop: 408") {
        client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
        const Dripping dripping(client, "x");
        CHECK(status_of(client.answer()) == "408");
        CHECK(passed() >= 400ms);
    }
    CHECK(passed() < 3s);
}

TEST_CASE("between requests there is another deadline, and the header of a later one has its own time") {
    http::Options options;
    options.header_time = 2000ms;
    options.idle_time = 300ms;
    RunningServer server(options, echo);
    HttpClient client(server.port());
    client.say(get("/"));
    CHECK(status_of(client.answer()) == "200");
    client.say("GET / HTTP/1.1\r\n");
    std::this_thread::sleep_for(400ms);
    client.say("Host: a\r\n\r\n");
    CHECK(status_of(client.answer()) == "200");
    const auto idle = Clock::now();
    CHECK(client.until_end() == "");
    CHECK(client.has_ended());
    CHECK(Clock::now() - idle >= 290ms);
    CHECK(Clock::now() - idle < 1900ms);
}

TEST_CASE("a handler has all the time it needs") {
    Desk desk;
    http::Options options;
    options.header_time = options.body_time = options.idle_time = options.write_time = 50ms;
    RunningServer server(options, desk.handler());
    HttpClient client(server.port());
    client.say(post("/", "x"));
    const Responder answer = desk.next();
    std::this_thread::sleep_for(150ms);
    answer->begin_stream(200, "text/plain");
    std::this_thread::sleep_for(150ms);
    answer->write("done");
    answer->end();
    CHECK(has(client.until("\r\n0\r\n\r\n"), "4\r\ndone\r\n0\r\n\r\n"));
}

TEST_CASE("beyond the limit the connection that was idle for longest makes room; where none is, 503") {
    Desk desk;
    http::Options options;
    options.max_connections = 3;
    RunningServer server(options,
                         [&desk, handler = desk.handler()](http::Request request, const Responder& answer) {
                             return request.path == "/wait" ? handler(std::move(request), answer)
                                                            : echo(std::move(request), answer);
                         });
    HttpClient first(server.port()), second(server.port()), third(server.port());
    for (HttpClient* client : {&third, &first, &second}) {
        client->say(get("/"));
        CHECK(status_of(client->answer()) == "200");
        std::this_thread::sleep_for(2ms);
    }
    HttpClient fourth(server.port());
    fourth.say(get("/wait"));
    const Responder a = desk.next();
    CHECK_FALSE(third.hear());
    CHECK(third.has_ended());
    first.say(get("/wait"));
    second.say(get("/wait"));
    const Responder b = desk.next(), c = desk.next();
    HttpClient fifth(server.port());
    fifth.say(get("/"));
    const std::string refused = fifth.until_end();
    CHECK(status_of(refused) == "503");
    CHECK(has(refused, "Retry-After: 1\r\n"));
    CHECK_FALSE(fifth.was_reset());
    for (const Responder& answer : {a, b, c}) answer->send(200, "text/plain", "x");
    CHECK(status_of(first.answer()) == "200");
    // Those that were turned away do not fill the place for long.
    CHECK(within_a_second([&] {
        HttpClient client(server.port());
        client.say(get("/"));
        return status_of(client.answer()) == "200";
    }));
}

TEST_CASE("a thousand connections come and go") {
    http::Options options;
    options.max_connections = 50;
    RunningServer server(options, echo);
    for (int i = 0; i < 1000; ++i) {
        HttpClient client(server.port());
        client.say(i % 3 ? get("/") : "GET / HT");
        if (i % 3) REQUIRE(status_of(client.answer()) == "200");
        if (i % 2) client.break_off();
    }
}

/// What a client that has asked waits for.
Responder asked(HttpClient& client, Desk& desk) {
    client.say(get("/"));
    return desk.next();
}

/// The same of a stream that has begun.
Responder streamed(HttpClient& client, Desk& desk) {
    Responder answer = asked(client, desk);
    answer->begin_stream(200, "text/plain");
    client.until("\r\n\r\n");
    return answer;
}

TEST_CASE("stop cuts open answers and tells them") {
    Desk desk;
    RunningServer server({}, desk.handler());
    HttpClient waiting(server.port()), streaming(server.port()), idle(server.port());
    const Responder first = asked(waiting, desk), second = streamed(streaming, desk);
    const Goings goings(first), others(second);
    server.server().stop();
    server.join();
    CHECK(goings.count() == 1);
    CHECK(others.count() == 1);
    for (HttpClient* client : {&waiting, &streaming, &idle}) {
        CHECK(client->until_end() == "");
        CHECK(client->has_ended());
    }
}

TEST_CASE("drain lets open answers end, and nothing else begin") {
    Desk desk;
    RunningServer server({}, desk.handler());
    HttpClient idle(server.port()), waiting(server.port()), streaming(server.port());
    const Responder first = asked(waiting, desk), second = streamed(streaming, desk);
    std::atomic<bool> is_over = false;
    std::thread joiner([&] {
        server.join();
        is_over = true;
    });
    server.server().drain();
    CHECK(idle.until_end() == "");
    CHECK(idle.has_ended());
    std::this_thread::sleep_for(50ms);
    CHECK_FALSE(is_over);
    first->send(200, "text/plain", "first");
    const std::string answer = waiting.answer();
    CHECK(body_of(answer) == "first");
    CHECK(has(answer, "Connection: close\r\n"));
    CHECK_FALSE(is_over);
    second->write("text");
    second->end();
    CHECK(has(streaming.until_end(), "\r\n0\r\n\r\n"));
    waiting.leave();
    streaming.leave();
    joiner.join();
    CHECK(is_over);
}

TEST_CASE("drain of a server that does nothing ends at once, and before it runs") {
    http::Options options;
    options.port = 0;
    http::Server server(options, echo, {});
    server.drain();
    server.run();
    http::Server other(options, echo, {});
    other.stop();
    other.run();
}

}  // namespace
