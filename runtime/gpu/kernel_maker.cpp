#include "runtime/gpu/kernel_maker.h"

#include <algorithm>

#include "host/processors.h"

namespace rwkvk::gpu {

KernelMaker::KernelMaker(KernelStore& kernels, std::vector<KernelUse> uses, uint32_t threads)
    : kernels_(kernels), uses_(std::move(uses)) {
    if (threads == 0) threads = usable_processors();
    const size_t wanted = std::min<size_t>(threads, uses_.size());
    threads_.reserve(wanted);
    try {
        for (size_t i = 0; i < wanted; ++i) threads_.emplace_back([this] { make_kernels(); });
    } catch (const std::exception&) {  // a limit of the system: the threads there are, or `finish`, make them
    }
}

KernelMaker::~KernelMaker() {
    next_ = uses_.size();
    join();
}

void KernelMaker::finish() {
    make_kernels();
    join();
    if (failure_) std::rethrow_exception(failure_);
}

void KernelMaker::make_kernels() {
    for (size_t i; (i = next_++) < uses_.size();) {
        try {
            kernels_.get(uses_[i].choice, uses_[i].format);
        } catch (...) {
            std::scoped_lock lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            next_ = uses_.size();
        }
    }
}

void KernelMaker::join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

}  // namespace rwkvk::gpu
