#include "host/thread_pool.h"

#include <algorithm>
#include <exception>

#include "host/error.h"
#include "host/log.h"
#include "host/processors.h"

namespace rwkvk {

ThreadPool::ThreadPool(uint32_t threads, Denormals denormals) : denormals_(denormals) {
    if (threads == 0) threads = usable_processors();
    workers_.reserve(threads - 1);
    try {
        for (uint32_t i = 1; i < threads; ++i) workers_.emplace_back([this] { worker_loop(); });
    } catch (const std::exception& error) {  // a limit of the system: fewer give the same bits
        log(LogLevel::warning,
            concat("only ", this->threads(), " of ", threads, " threads could be started: ", error.what()));
    }
}

ThreadPool::~ThreadPool() {
    {
        std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::parallel_for(uint64_t count, const std::function<void(uint64_t, uint64_t)>& body) {
    if (count == 0) return;
    {
        std::scoped_lock lock(mutex_);
        body_ = &body;
        count_ = count;
        next_ = 0;
        // A few pieces per thread even out a machine that other programs use too.
        piece_ = std::max<uint64_t>(1, count / (threads() * 4));
        failure_ = nullptr;
        busy_ = static_cast<uint32_t>(workers_.size());
        ++generation_;
    }
    wake_.notify_all();
    run_pieces();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
}

void ThreadPool::worker_loop() {
    uint64_t seen = 0;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
            if (stopping_) return;
            seen = generation_;
        }
        run_pieces();
        std::scoped_lock lock(mutex_);
        if (--busy_ == 0) done_.notify_one();
    }
}

void ThreadPool::run_pieces() {
    const FloatModeScope mode(denormals_);
    while (true) {
        uint64_t begin, end;
        {
            std::scoped_lock lock(mutex_);
            if (next_ >= count_) return;
            begin = next_;
            end = next_ = std::min(count_, next_ + piece_);
        }
        try {
            (*body_)(begin, end);
        } catch (...) {
            std::scoped_lock lock(mutex_);
            failure_ = std::current_exception();
            next_ = count_;
        }
    }
}

}  // namespace rwkvk
