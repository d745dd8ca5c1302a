#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace rwkvk::app {

/// Peak of this process's own memory: anonymous and shared pages, which software drivers' device memory is
/// part of, but not pages of mapped files, which the system can drop. Sampled every few milliseconds while it
/// lives.
class MemoryWatch {
  public:
    MemoryWatch();
    ~MemoryWatch();
    MemoryWatch(const MemoryWatch&) = delete;
    MemoryWatch& operator=(const MemoryWatch&) = delete;

    uint64_t peak_bytes() const { return peak_; }

  private:
    std::atomic<uint64_t> peak_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace rwkvk::app
