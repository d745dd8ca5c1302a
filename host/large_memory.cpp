#include "host/large_memory.h"

#include <algorithm>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace rwkvk {
namespace {

constexpr uint64_t line_bytes = 64, page_bytes = uint64_t{2} << 20;

uint64_t round_up(uint64_t bytes, uint64_t to) { return (bytes + to - 1) / to * to; }

std::shared_ptr<std::byte[]> make_region(uint64_t bytes) {
    const auto alignment = std::align_val_t{bytes < page_bytes ? line_bytes : page_bytes};
    auto* begin = static_cast<std::byte*>(::operator new(bytes, alignment));
#if defined(__linux__)
    ::madvise(begin, bytes / page_bytes * page_bytes, MADV_HUGEPAGE);  // only speed depends on the answer
#endif
    return {begin, [alignment](std::byte* region) { ::operator delete(region, alignment); }};
}

}  // namespace

std::shared_ptr<std::byte[]> LargeMemory::take(uint64_t bytes) {
    const uint64_t needed = round_up(bytes, line_bytes);
    if (needed > size_ - used_) {
        size_ = std::max(expected_, needed);
        region_ = make_region(size_);
        used_ = 0;
    }
    std::byte* begin = region_.get() + used_;
    used_ += needed;
    expected_ -= std::min(expected_, needed);
    return {region_, begin};
}

}  // namespace rwkvk
