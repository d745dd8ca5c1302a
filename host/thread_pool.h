#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "host/float_mode.h"

namespace rwkvk {

/// A fixed set of threads for data-parallel loops, made for many short ones: whoever waits looks again and
/// again for some tens of microseconds before it sleeps. Every thread that computes, the caller's included,
/// runs in the pool's float mode while it does so.
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
    template <typename Body>
    void parallel_for(uint64_t count, const Body& body) {
        run({[](const void* of, uint64_t begin, uint64_t end) {
                 (*static_cast<const Body*>(of))(begin, end);
             },
             &body, count});
    }

  private:
    struct Loop {
        void (*function)(const void* body, uint64_t begin, uint64_t end);
        const void* body;
        uint64_t count;
        uint32_t pieces = 0;
    };

    void run(Loop loop);
    void work();
    bool take_piece();
    void run_piece(uint32_t piece);
    template <typename Condition>
    void wait_until(const Condition& condition);
    void tell_sleepers();

    const Denormals denormals_;
    bool spins_;
    std::vector<std::thread> workers_;

    // A piece is taken by counting `open_` down. `loop_` is read by those only who hold a piece, and changes
    // when `unfinished_` is 0, so whoever comes too late finds nothing and nobody waits for it.
    alignas(64) std::atomic<uint32_t> open_ = 0;
    alignas(64) std::atomic<uint32_t> unfinished_ = 0;
    alignas(64) std::atomic<bool> failed_ = false;
    Loop loop_{};

    // Everything that a condition waits for changes before `sleepers_` is read, which grows before the
    // condition is.
    std::atomic<uint32_t> sleepers_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::exception_ptr failure_;
};

}  // namespace rwkvk
