#pragma once
// Sockets that listen.

#include <cstdint>
#include <string>

namespace rwkvk::http {

struct Listener {
    int descriptor = -1;
    int family = 0;
    uint16_t port = 0;
    std::string path;  // to be removed with it; "": none
};

/// Options::host and port. Errors: std::runtime_error, one line.
Listener listen_on(const std::string& host, uint16_t port);

/// Whether nobody but this computer reaches it, by what is known without asking for names.
bool is_local(const std::string& host);

/// "fd:3" where a service manager has opened the socket for this program (systemd's socket activation:
/// LISTEN_PID and LISTEN_FDS); "": none. Errors: std::runtime_error for more than one.
std::string passed_socket();

}  // namespace rwkvk::http
