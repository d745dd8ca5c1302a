#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/gpu/kernel_store.h"

namespace rwkvk::gpu {

/// A kernel that a step needs.
struct KernelUse {
    KernelChoice choice;
    WeightFormat format;
};

/// Makes kernels on threads of its own while its owner does something else: drivers take longest for them.
class KernelMaker {
  public:
    /// In the order given. `threads` 0: one per usable processor, but no more than kernels.
    KernelMaker(KernelStore& kernels, std::vector<KernelUse> uses, uint32_t threads = 0);
    /// Waits for the kernels that have been begun and leaves out the others.
    ~KernelMaker();
    KernelMaker(const KernelMaker&) = delete;
    KernelMaker& operator=(const KernelMaker&) = delete;

    /// Helps and waits for all of them. Errors: the first that a kernel threw; those not begun by then are
    /// left out.
    void finish();

  private:
    void make_kernels();
    void join();

    KernelStore& kernels_;
    const std::vector<KernelUse> uses_;
    std::atomic<size_t> next_ = 0;
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::vector<std::thread> threads_;
};

}  // namespace rwkvk::gpu
