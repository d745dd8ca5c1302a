#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace rwkvk {

/// Memory for what is large, stays, and is read from end to end: on pages of 2 MiB where the system gives
/// such, which what is taken shares, so that the processor looks few addresses up and none of it is wasted.
class LargeMemory {
  public:
    /// `expected` bytes will be taken, all in all; more may be.
    explicit LargeMemory(uint64_t expected) : expected_(expected) {}

    /// Uninitialised, aligned to 64 bytes; lives as long as anything that was taken beside it.
    /// Errors: std::bad_alloc.
    std::shared_ptr<std::byte[]> take(uint64_t bytes);

  private:
    uint64_t expected_, size_ = 0, used_ = 0;
    std::shared_ptr<std::byte[]> region_;
};

}  // namespace rwkvk
