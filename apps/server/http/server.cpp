#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "connection.h"
#include "listener.h"

namespace rwkvk::http {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Connections beyond the limit that are told so; the others are closed without a word.
constexpr size_t max_turned_away = 32;
/// After an accept that failed, as it does where there are no more descriptors.
constexpr auto accept_pause = 100ms;

std::string text_of(const Protocol::endpoint& peer) {
    const auto* address = reinterpret_cast<const sockaddr*>(peer.data());
    char text[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET) {
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
        return text;
    }
    if (address->sa_family != AF_INET6) return "unix";
    const in6_addr& bytes = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    ::inet_ntop(AF_INET6, &bytes, text, sizeof text);
    // An IPv4 client of a socket for both.
    return IN6_IS_ADDR_V4MAPPED(&bytes) ? std::string(text).substr(7) : text;
}

}  // namespace

struct Server::Impl {
    Impl(const Options& options, Handler handler, Judge judge)
        : listener(listen_on(options.host, options.port)),
          acceptor(io, Protocol(listener.family, 0), listener.descriptor),
          pause(io),
          work(io.get_executor()) {
        site.options = options;
        site.handler = std::move(handler);
        site.judge = std::move(judge);
        site.forgotten = [this] { end_when_done(); };
        accept();
    }
    ~Impl() {
        stop();
        // What is still to be told that it is over.
        io.restart();
        io.poll();
    }

    void accept() {
        acceptor.async_accept(peer, [this](const ErrorCode& error, Socket socket) {
            if (!acceptor.is_open()) return;
            if (error) return accept_later();
            take(std::move(socket));
            accept();
        });
    }

    void accept_later() {
        pause.expires_after(accept_pause);
        pause.async_wait([this](const ErrorCode&) {
            if (acceptor.is_open()) accept();
        });
    }

    void take(Socket socket) {
        const bool is_full = site.connections.size() >= site.options.max_connections && !close_idle();
        if (site.connections.size() >= site.options.max_connections + max_turned_away) return;
        const auto connection = std::make_shared<Connection>(std::move(socket), text_of(peer), site);
        site.connections.insert(connection);
        if (!is_full) return connection->start();
        Refusal refused = refusal(503, "too many connections; try again later");
        refused.headers.push_back({"Retry-After", "1"});
        connection->turn_away(refused);
    }

    /// The one that has been idle for longest.
    bool close_idle() {
        std::shared_ptr<Connection> oldest;
        for (const auto& connection : site.connections) {
            if (!connection->is_idle()) continue;
            if (!oldest || connection->idle_since() < oldest->idle_since()) oldest = connection;
        }
        if (oldest) oldest->close();
        return oldest != nullptr;
    }

    void close_acceptor() {
        if (!acceptor.is_open()) return;
        ErrorCode ignored;
        pause.cancel(ignored);
        acceptor.close(ignored);
        // Now, not later: the next server may have a socket of this name by then.
        if (!listener.path.empty()) ::unlink(listener.path.c_str());
    }

    void stop() {
        close_acceptor();
        site.is_draining = true;
        for (const auto& connection : std::set(site.connections)) connection->close();
        end_when_done();
    }

    void drain() {
        close_acceptor();
        site.is_draining = true;
        for (const auto& connection : std::set(site.connections)) connection->drain();
        end_when_done();
    }

    void end_when_done() {
        if (site.is_draining && site.connections.empty()) work.reset();
    }

    asio::io_context io{1};
    Listener listener;
    Site site;
    asio::basic_socket_acceptor<Protocol, Executor> acceptor;
    Protocol::endpoint peer;  // of the connection that comes next
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> pause;
    asio::executor_work_guard<Executor> work;
};

Server::Server(const Options& options, Handler handler, Judge judge)
    : impl_(std::make_unique<Impl>(options, std::move(handler), std::move(judge))) {}

Server::~Server() = default;

uint16_t Server::port() const { return impl_->listener.port; }

void Server::run() { impl_->io.run(); }

void Server::stop() {
    asio::post(impl_->io, [impl = impl_.get()] { impl->stop(); });
}

void Server::drain() {
    asio::post(impl_->io, [impl = impl_.get()] { impl->drain(); });
}

}  // namespace rwkvk::http
