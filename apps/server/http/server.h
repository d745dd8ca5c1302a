#pragma once
// HTTP/1.0 and 1.1 on sockets. Knows nothing of models or JSON; what is said about a request is decided
// above.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rwkvk::http {

struct Header {
    std::string name, value;
};

/// What is known before the body is read.
struct Head {
    std::string method, target;
    std::string path;   // percent-decoded, without ".."
    std::string query;  // as it came, without "?"
    std::string host, origin, authorization, api_key /* x-api-key */, content_type, fetch_site, if_none_match;
    std::string request_id;  // 16 hex digits, made here
    std::string peer;        // address of the other side; "unix" behind a socket with a name
};

struct Request : Head {
    std::string body;
};

struct Refusal {
    int status = 0;
    std::string type, body;
    std::vector<Header> headers;
};

/// One answer. Thread-safe; calls after the client has left do nothing. One that is dropped without an answer
/// becomes a 500, a stream that is dropped without its end is cut.
class Responder {
  public:
    virtual ~Responder() = default;
    /// The whole answer at once; nothing may follow.
    virtual void send(int status, std::string_view type, std::string body,
                      std::vector<Header> headers = {}) = 0;
    /// Then any number of write() and one end().
    virtual void begin_stream(int status, std::string_view type, std::vector<Header> headers = {}) = 0;
    virtual void write(std::string text) = 0;
    virtual void end() = 0;
    /// Called once, from the io thread, when the client leaves before send() or end() was called, or is
    /// dropped as a slow reader. At once, from this thread, if it has left already.
    virtual void on_gone(std::function<void()> call) = 0;
    virtual bool gone() const = 0;
};

/// On the io thread: must return at once. An exception becomes a 500.
using Handler = std::function<void(Request, std::shared_ptr<Responder>)>;
/// On the io thread, before the body is read.
using Judge = std::function<std::optional<Refusal>(const Head&)>;

struct Options {
    /// An address, a name, "unix:/path" for a socket of that name, "fd:3" for one that already listens.
    std::string host = "127.0.0.1";
    uint16_t port = 8080;  // 0: any free one
    size_t max_body = 4 << 20, max_header = 16 << 10, max_target = 8 << 10, max_fields = 100;
    size_t max_connections = 512;
    size_t max_waiting = 1 << 20;  // bytes of a stream that wait behind a write
    std::chrono::milliseconds header_time{10000}, body_time{60000}, idle_time{75000};
    std::chrono::milliseconds write_time{60000};  // without progress
    std::string ping = ": ping\n\n";              // written into streams of text/event-stream that are silent
    std::chrono::milliseconds ping_interval{15000};  // 0: none
};

/// Whether nobody but this computer reaches Options::host, by what is known without asking for names.
bool is_local(const std::string& host);

/// "fd:3" where a service manager has opened the socket for this program (systemd's socket activation:
/// LISTEN_PID and LISTEN_FDS); "": none. Errors: std::runtime_error for more than one.
std::string passed_socket();

class Server {
  public:
    /// Binds. Errors: std::runtime_error, one line that names the address and what to do.
    Server(const Options& options, Handler handler, Judge judge);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// 0 for a socket with a name.
    uint16_t port() const;
    /// Until stop(), or the end of drain(). For one thread.
    void run();
    /// From any thread, but not from a signal's handler: open answers are cut.
    void stop();
    /// Likewise: accepts nothing more; run() returns when the open answers are done.
    void drain();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rwkvk::http
