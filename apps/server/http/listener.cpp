#include "listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include "server.h"

namespace rwkvk::http {
namespace {

constexpr int backlog = 1024;

[[noreturn]] void fail(const std::string& address, const std::string& found, const std::string& advice) {
    throw std::runtime_error("cannot listen on " + address + ": " + found +
                             (advice.empty() ? "" : "; " + advice));
}

std::string advice_of(int error) {
    if (error == EADDRINUSE) return "choose another port, or end the program that has it";
    if (error == EACCES) return "choose a port from 1024 on, or a folder that may be written to";
    if (error == EADDRNOTAVAIL) return "choose an address of this machine";
    return {};
}

/// Closes it unless it is released.
class Descriptor {
  public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return value_; }
    int release() { return std::exchange(value_, -1); }

  private:
    int value_;
};

void bind_and_listen(int descriptor, const sockaddr* address, socklen_t bytes, const std::string& name) {
    if (::bind(descriptor, address, bytes) != 0 || ::listen(descriptor, backlog) != 0) {
        const int error = errno;
        fail(name, std::strerror(error), advice_of(error));
    }
}

/// Of family AF_UNSPEC where there is none.
sockaddr_storage address_of(int descriptor) {
    sockaddr_storage address{};
    socklen_t bytes = sizeof address;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return {};
    return address;
}

uint16_t port_of(int descriptor) {
    const sockaddr_storage address = address_of(descriptor);
    if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    return 0;
}

/// A socket that nobody listens on any more is in the way of a new one.
void remove_left_over(const sockaddr_un& address, const std::string& name) {
    struct stat found {};
    if (::lstat(address.sun_path, &found) != 0) return;
    if (!S_ISSOCK(found.st_mode)) fail(name, "a file that is no socket has this name", "choose another name");
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const bool answers =
        ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (answers || errno != ECONNREFUSED)
        fail(name, "another program listens there", "choose another name, or end that program");
    ::unlink(address.sun_path);
}

Listener listen_on_path(const std::string& path, const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        fail(name, "the name has " + std::to_string(path.size()) + " bytes",
             "choose one of 1 to " + std::to_string(sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    remove_left_over(address, name);
    Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    bind_and_listen(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address, name);
    return {descriptor.release(), AF_UNIX, 0, path};
}

/// Of "fd:3"; -1: another text, or no socket that listens.
int descriptor_of(std::string_view name) {
    const std::string_view digits = name.substr(3);
    int descriptor = -1, listens = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), descriptor);
    socklen_t bytes = sizeof listens;
    const bool is_number = error == std::errc{} && end == digits.data() + digits.size();
    if (!is_number || ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) != 0) return -1;
    return listens ? descriptor : -1;
}

/// One that a service manager has opened.
Listener listen_on_descriptor(const std::string& name) {
    const int descriptor = descriptor_of(name);
    if (descriptor < 0) fail(name, "no socket that listens", "pass its number, as in fd:3");
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    int family = 0;
    socklen_t bytes = sizeof family;
    ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &bytes);
    return {descriptor, family, port_of(descriptor), {}};
}

Listener listen_on_address(std::string host, uint16_t port, const std::string& name) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    addrinfo wanted{};
    wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (error != 0) fail(name, ::gai_strerror(error), "give an address of this machine, as 127.0.0.1");
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    for (const addrinfo* other = found; other; other = other->ai_next) {
        // Names mean IPv4 where they mean both, as 'localhost' does: clients try both.
        if (other->ai_family == AF_INET) found = const_cast<addrinfo*>(other);
        if (other->ai_family == AF_INET) break;
    }
    Descriptor descriptor(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (descriptor.get() < 0) fail(name, std::strerror(errno), {});
    const int on = 1, off = 0;
    ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // "::" means IPv4 too.
    if (found->ai_family == AF_INET6)
        ::setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    bind_and_listen(descriptor.get(), found->ai_addr, found->ai_addrlen, name);
    const uint16_t chosen = port_of(descriptor.get());
    return {descriptor.release(), found->ai_family, chosen, {}};
}

}  // namespace

Listener listen_on(const std::string& host, uint16_t port) {
    if (host.starts_with("unix:")) return listen_on_path(host.substr(5), host);
    if (host.starts_with("fd:")) return listen_on_descriptor(host);
    return listen_on_address(host, port, host + ":" + std::to_string(port));
}

bool is_local(const std::string& host) {
    if (!host.starts_with("fd:"))
        return host == "localhost" || host == "::1" || host.starts_with("127.") || host.starts_with("unix:");
    const sockaddr_storage address = address_of(descriptor_of(host));
    if (address.ss_family == AF_UNIX) return true;
    if (address.ss_family == AF_INET)
        return ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24 == 127;
    return address.ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

std::string passed_socket() {
    const char* const process = std::getenv("LISTEN_PID");
    const char* const sockets = std::getenv("LISTEN_FDS");
    if (!process || !sockets || process != std::to_string(::getpid())) return {};
    if (std::string_view(sockets) != "1")
        fail("LISTEN_FDS", std::string("expected 1 socket, found ") + sockets,
             "give the unit one ListenStream");
    return "fd:3";
}

}  // namespace rwkvk::http
