#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace rwkvk::app {

/// This process's own memory: anonymous and shared pages, which software drivers' device memory is part of,
/// but not pages of mapped files, which the system can drop. 0 where the system does not say.
uint64_t own_bytes();

/// The peak of it, sampled every few milliseconds while the watch lives.
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
