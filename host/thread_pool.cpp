#include "host/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "host/error.h"
#include "host/log.h"
#include "host/processors.h"

namespace rwkvk {
namespace {

/// Longer than what lies between two loops of a token, shorter than anyone notices.
constexpr std::chrono::microseconds spin_time(50);

/// Tells the processor that this thread only waits.
void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

template <typename Condition>
bool spin_until(const Condition& condition) {
    constexpr int looks_per_clock = 32, yields = 4;
    const auto end = std::chrono::steady_clock::now() + spin_time;
    do {
        for (int i = 0; i < looks_per_clock; ++i) {
            if (condition()) return true;
            pause_processor();
        }
    } while (std::chrono::steady_clock::now() < end);
    for (int i = 0; i < yields; ++i) {
        std::this_thread::yield();
        if (condition()) return true;
    }
    return false;
}

/// Address space that nothing else takes meanwhile.
class Reserve {
  public:
    explicit Reserve(size_t bytes) : memory_(std::malloc(bytes)) {}
    ~Reserve() { std::free(memory_); }
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;

  private:
    void* volatile memory_;  // else compilers leave both calls out
};

/// What a program needs beside its threads where as many are started as fit.
constexpr size_t left_by_threads = 64 << 20;

}  // namespace

ThreadPool::ThreadPool(uint32_t threads, Denormals denormals) : denormals_(denormals) {
    const uint32_t processors = usable_processors();
    if (threads == 0) threads = processors;
    spins_ = threads <= processors;
    workers_.reserve(threads - 1);
    const Reserve reserve(left_by_threads);
    try {
        for (uint32_t i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::exception& error) {  // a limit of the system: fewer give the same bits
        log(LogLevel::warning,
            concat("only ", this->threads(), " of ", threads, " threads could be started: ", error.what()));
    }
}

ThreadPool::~ThreadPool() {
    stopping_ = true;
    tell_sleepers();
    for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(Loop loop) {
    if (loop.count == 0) return;
    const FloatModeScope mode(denormals_);
    if (loop.count == 1 || workers_.empty()) return loop.function(loop.body, 0, loop.count);
    // A few pieces per thread even out a machine that other programs use too.
    loop.pieces = static_cast<uint32_t>(std::min<uint64_t>(loop.count, uint64_t{threads()} * 4));
    loop_ = loop;
    failed_ = false;
    unfinished_ = loop.pieces;
    open_ = loop.pieces;
    tell_sleepers();
    while (take_piece()) {
    }
    wait_until([this] { return unfinished_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::work() {
    const FloatModeScope mode(denormals_);
    while (!stopping_) {
        if (!take_piece()) wait_until([this] { return open_ > 0 || stopping_; });
    }
}

bool ThreadPool::take_piece() {
    uint32_t open = open_;
    while (open > 0 && !open_.compare_exchange_weak(open, open - 1)) {
    }
    if (open == 0) return false;
    run_piece(loop_.pieces - open);
    if (--unfinished_ == 0) tell_sleepers();
    return true;
}

void ThreadPool::run_piece(uint32_t piece) {
    if (failed_) return;
    const uint64_t length = loop_.count / loop_.pieces, longer = loop_.count % loop_.pieces;
    const uint64_t begin = piece * length + std::min<uint64_t>(piece, longer);
    try {
        loop_.function(loop_.body, begin, begin + length + (piece < longer));
    } catch (...) {
        std::scoped_lock lock(mutex_);
        failure_ = std::current_exception();
        failed_ = true;
    }
}

template <typename Condition>
void ThreadPool::wait_until(const Condition& condition) {
    if (spins_ && spin_until(condition)) return;
    std::unique_lock lock(mutex_);
    ++sleepers_;
    changed_.wait(lock, condition);
    --sleepers_;
}

void ThreadPool::tell_sleepers() {
    if (sleepers_ == 0) return;
    { std::scoped_lock lock(mutex_); }  // one that has looked but does not yet sleep
    changed_.notify_all();
}

}  // namespace rwkvk
