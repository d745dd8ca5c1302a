#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "host/float_mode.h"

namespace rwkvk {

/// A fixed set of threads for data-parallel loops. Every thread that computes, the caller's included, runs in
/// the pool's float mode while it does so.
class ThreadPool {
  public:
    /// `threads` counts the caller; 0 means one per usable processor.
    explicit ThreadPool(uint32_t threads = 0, Denormals denormals = Denormals::keep);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    uint32_t threads() const { return static_cast<uint32_t>(workers_.size()) + 1; }
    Denormals denormals() const { return denormals_; }

    /// Calls `body(begin, end)` on pieces that together cover [0, count), and waits for all of them. An
    /// exception thrown by a piece is rethrown here. Not reentrant; one caller at a time.
    void parallel_for(uint64_t count, const std::function<void(uint64_t begin, uint64_t end)>& body);

  private:
    void worker_loop();
    void run_pieces();

    const Denormals denormals_;
    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::condition_variable wake_, done_;
    uint64_t generation_ = 0;
    bool stopping_ = false;
    uint32_t busy_ = 0;
    const std::function<void(uint64_t, uint64_t)>* body_ = nullptr;
    uint64_t count_ = 0, next_ = 0, piece_ = 1;
    std::exception_ptr failure_;
};

}  // namespace rwkvk
