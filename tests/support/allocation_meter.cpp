#include "tests/support/allocation_meter.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<size_t> held_bytes{0};
std::atomic<size_t> most_bytes{0};

void* counted(void* block) {
    if (!block) return nullptr;
    const size_t size_bytes = malloc_usable_size(block);
    const size_t held = held_bytes.fetch_add(size_bytes) + size_bytes;
    size_t most = most_bytes.load();
    while (held > most && !most_bytes.compare_exchange_weak(most, held)) {
    }
    return block;
}

void* allocate(size_t size_bytes) { return counted(std::malloc(size_bytes > 0 ? size_bytes : 1)); }

void* allocate(size_t size_bytes, std::align_val_t alignment) {
    const auto align_bytes = static_cast<size_t>(alignment);
    return counted(
        std::aligned_alloc(align_bytes, (size_bytes + align_bytes - 1) / align_bytes * align_bytes));
}

void* or_throw(void* block) {
    if (!block) throw std::bad_alloc();
    return block;
}

void release(void* block) {
    if (block) held_bytes.fetch_sub(malloc_usable_size(block));
    std::free(block);
}

}  // namespace

// All forms: a sanitizer brings its own for those that are left out.
void* operator new(size_t size) { return or_throw(allocate(size)); }
void* operator new[](size_t size) { return or_throw(allocate(size)); }
void* operator new(size_t size, std::align_val_t alignment) { return or_throw(allocate(size, alignment)); }
void* operator new[](size_t size, std::align_val_t alignment) { return or_throw(allocate(size, alignment)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return allocate(size, alignment);
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return allocate(size, alignment);
}
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, size_t) noexcept { release(block); }
void operator delete[](void* block, size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept { release(block); }

namespace rwkvk::test {

AllocationMeter::AllocationMeter() : start_bytes_(held_bytes.load()) { most_bytes.store(start_bytes_); }

size_t AllocationMeter::peak_bytes() const { return most_bytes.load() - start_bytes_; }

}  // namespace rwkvk::test
