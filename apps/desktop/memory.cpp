#include "memory.h"

#include <cstdio>
#include <fstream>

namespace rwkvk::desktop {

uint64_t own_bytes() {
    std::ifstream file("/proc/self/status");
    uint64_t total = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("RssAnon:") || line.starts_with("RssShmem:"))
            total += std::stoull(line.substr(line.find(':') + 1)) * 1024;
    }
    return total;
}

std::string bytes_text(uint64_t bytes) {
    char text[32];
    if (bytes >= 1000000000) {
        std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) * 1e-9);
    } else {
        std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) * 1e-6);
    }
    return text;
}

std::string memory_text(uint64_t host_bytes, uint64_t device_bytes) {
    const std::string host = bytes_text(host_bytes);
    return device_bytes > 0 ? host + ", device " + bytes_text(device_bytes) : host;
}

}  // namespace rwkvk::desktop
