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

}  // namespace rwkvk::http
