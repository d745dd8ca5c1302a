#include "memory_watch.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

namespace rwkvk::app {

// From Linux's /proc.
uint64_t own_bytes() {
    std::ifstream file("/proc/self/status");
    uint64_t total = 0;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("RssAnon:") && !line.starts_with("RssShmem:")) continue;
        uint64_t kilobytes = 0;
        std::istringstream(line.substr(line.find(':') + 1)) >> kilobytes;
        total += kilobytes * 1024;
    }
    return total;
}

MemoryWatch::MemoryWatch()
    : thread_([this] {
          while (!stop_) {
              peak_ = std::max<uint64_t>(peak_, own_bytes());
              std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
      }) {}

MemoryWatch::~MemoryWatch() {
    stop_ = true;
    thread_.join();
}

}  // namespace rwkvk::app
