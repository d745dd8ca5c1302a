#include "server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <stdexcept>

namespace rwkvk::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Error = boost::system::error_code;
using Tcp = asio::ip::tcp;

struct Session : Responder, std::enable_shared_from_this<Session> {
    explicit Session(Tcp::socket s, asio::io_context& i) : socket(std::move(s)), io(i) {}

    void read(const Handler& handler, const Judge& judge) {
        beast::http::async_read(
            socket, buffer, message, [self = shared_from_this(), &handler, &judge](Error error, size_t) {
                if (error) return;
                Request request;
                const auto field = [&](std::string_view name) {
                    return std::string(self->message[boost::string_view(name.data(), name.size())]);
                };
                request.method = std::string(self->message.method_string());
                request.target = std::string(self->message.target());
                request.path = request.target.substr(0, request.target.find('?'));
                if (request.path.size() < request.target.size())
                    request.query = request.target.substr(request.path.size() + 1);
                request.host = field("host"), request.origin = field("origin"),
                request.authorization = field("authorization");
                request.api_key = field("x-api-key"), request.content_type = field("content-type"),
                request.fetch_site = field("sec-fetch-site");
                request.request_id = "0123456789abcdef", request.peer = "127.0.0.1";
                if (auto refusal = judge(request))
                    return self->send(refusal->status, refusal->type, refusal->body, refusal->headers);
                request.body = self->message.body();
                handler(std::move(request), self);
            });
    }
    void add(std::string text) {
        asio::post(io, [self = shared_from_this(), text = std::move(text)] {
            Error error;
            asio::write(self->socket, asio::buffer(text), error);
        });
    }
    void head(int status, std::string_view type, const std::vector<Header>& headers, std::string rest) {
        std::string text = "HTTP/1.1 " + std::to_string(status) +
                           " x\r\nConnection: close\r\nContent-Type: " + std::string(type) + "\r\n";
        for (const Header& header : headers) text += header.name + ": " + header.value + "\r\n";
        add(text + "\r\n" + rest);
    }
    void send(int status, std::string_view type, std::string body, std::vector<Header> headers) override {
        head(status, type, headers, body);
        end();
    }
    void begin_stream(int status, std::string_view type, std::vector<Header> headers) override {
        head(status, type, headers, "");
    }
    void write(std::string text) override { add(text); }
    void end() override {
        asio::post(io, [self = shared_from_this()] {
            Error error;
            self->socket.shutdown(Tcp::socket::shutdown_both, error);
        });
    }
    void on_gone(std::function<void()>) override {}
    bool gone() const override { return false; }

    Tcp::socket socket;
    asio::io_context& io;
    beast::flat_buffer buffer{65536};
    beast::http::request<beast::http::string_body> message;
};

}  // namespace

struct Server::Impl {
    Impl(const Options& o, Handler h, Judge j)
        : handler(std::move(h)),
          judge(std::move(j)),
          acceptor(io, Tcp::endpoint(asio::ip::make_address(o.host), o.port)) {}
    void accept() {
        acceptor.async_accept([this](Error error, Tcp::socket socket) {
            if (error) return;
            std::make_shared<Session>(std::move(socket), io)->read(handler, judge);
            accept();
        });
    }
    Handler handler;
    Judge judge;
    asio::io_context io{1};
    Tcp::acceptor acceptor;
};

Server::Server(const Options& options, Handler handler, Judge judge)
    : impl_(std::make_unique<Impl>(options, std::move(handler), std::move(judge))) {
    impl_->accept();
}
Server::~Server() = default;
uint16_t Server::port() const { return impl_->acceptor.local_endpoint().port(); }
void Server::run() { impl_->io.run(); }
void Server::stop() { impl_->io.stop(); }
void Server::drain() {
    asio::post(impl_->io, [this] { impl_->acceptor.close(); });
}

}  // namespace rwkvk::http
