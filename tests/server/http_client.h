#pragma once
// The other side of a connection, byte by byte, and a server in this process.

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/server.h"

namespace rwkvk::test {

using namespace std::chrono_literals;

class HttpClient {
  public:
    explicit HttpClient(uint16_t port, int receive_bytes = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (receive_bytes > 0)
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    explicit HttpClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    ~HttpClient() { leave(); }
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    void say(const std::string& text) {
        for (size_t sent = 0; sent < text.size();) {
            const ssize_t bytes = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (bytes <= 0) return;  // the server has closed; what it said can be read
            sent += static_cast<size_t>(bytes);
        }
    }
    void leave() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }
    /// By a reset.
    void break_off() {
        const linger none{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        leave();
    }
    void half_close() { ::shutdown(socket_, SHUT_WR); }

    /// Whether more came within the time; false at the end too.
    bool hear(std::chrono::milliseconds time = 5s) {
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(time.count())) <= 0) return false;
        char bytes[65536];
        const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
        if (count <= 0) has_ended_ = true;
        was_reset_ = was_reset_ || count < 0;
        if (count > 0) heard_.append(bytes, static_cast<size_t>(count));
        return count > 0;
    }
    /// What came up to and with the text, or all of it.
    std::string until(const std::string& text) {
        while (heard_.find(text) == heard_.npos && hear()) {
        }
        const size_t found = heard_.find(text);
        return take(found == heard_.npos ? heard_.size() : found + text.size());
    }
    std::string until_end(std::chrono::milliseconds time = 5s) {
        while (hear(time)) {
        }
        return take(heard_.size());
    }
    /// One whole answer with a Content-Length.
    std::string answer() {
        std::string text = until("\r\n\r\n");
        const size_t length = text.find("Content-Length: ");
        if (length == text.npos) return text;
        const size_t bytes = std::stoul(text.substr(length + 16));
        while (heard_.size() < bytes && hear()) {
        }
        return text + take(std::min(bytes, heard_.size()));
    }
    bool has_ended() const { return has_ended_; }
    bool was_reset() const { return was_reset_; }

  private:
    std::string take(size_t bytes) {
        std::string text = heard_.substr(0, bytes);
        heard_.erase(0, bytes);
        return text;
    }

    int socket_;
    std::string heard_;
    bool has_ended_ = false, was_reset_ = false;
};

/// Runs until it is destroyed or told to end.
class RunningServer {
  public:
    RunningServer(http::Options options, http::Handler handler, http::Judge judge = {})
        : server_((options.port = 0, options), std::move(handler), std::move(judge)),
          thread_([this] { server_.run(); }) {}
    ~RunningServer() {
        server_.stop();
        join();
    }
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    uint16_t port() const { return server_.port(); }
    http::Server& server() { return server_; }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

  private:
    http::Server server_;
    std::thread thread_;
};

/// Keeps the open answers for the test's thread.
class Desk {
  public:
    http::Handler handler() {
        return [this](http::Request, std::shared_ptr<http::Responder> answer) {
            const std::lock_guard lock(mutex_);
            answers_.push_back(std::move(answer));
            came_.notify_all();
        };
    }
    std::shared_ptr<http::Responder> next() {
        std::unique_lock lock(mutex_);
        REQUIRE(came_.wait_for(lock, 5s, [&] { return !answers_.empty(); }));
        std::shared_ptr<http::Responder> answer = std::move(answers_.front());
        answers_.erase(answers_.begin());
        return answer;
    }
    bool is_empty() {
        const std::lock_guard lock(mutex_);
        return answers_.empty();
    }

  private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::shared_ptr<http::Responder>> answers_;
};

inline std::string get(const std::string& target, const std::string& fields = "",
                       const std::string& version = "HTTP/1.1") {
    return "GET " + target + " " + version + "\r\nHost: a\r\n" + fields + "\r\n";
}

inline std::string post(const std::string& target, const std::string& body, const std::string& fields = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string status_of(const std::string& answer) {
    return answer.size() < 12 ? answer : answer.substr(9, 3);
}

inline std::string body_of(const std::string& answer) {
    const size_t end = answer.find("\r\n\r\n");
    return end == answer.npos ? "" : answer.substr(end + 4);
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// Polls until it holds.
template <class Condition>
bool within(std::chrono::milliseconds time, const Condition& holds) {
    for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
        if (holds()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return holds();
}

template <class Condition>
bool within_a_second(const Condition& holds) {
    return within(1s, holds);
}

}  // namespace rwkvk::test
