#include "tests/support/failing_allocations.h"

#include <cstdlib>
#include <new>

namespace {

// Of this thread only: another one, the test's own included, does not know what is being tried.
thread_local uint64_t calls = 0;
thread_local uint64_t failing = UINT64_MAX;
thread_local bool counts = false;

void* allocate(std::size_t bytes) {
    if (counts && calls++ == failing) throw std::bad_alloc();
    void* const memory = std::malloc(bytes > 0 ? bytes : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void* allocate_or_null(std::size_t bytes) noexcept {
    try {
        return allocate(bytes);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void begin(uint64_t call) {
    calls = 0;
    failing = call;
    counts = true;
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate_or_null(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate_or_null(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace rwkvk::test {

void FailingAllocations::count() { begin(UINT64_MAX); }
void FailingAllocations::fail(uint64_t call) { begin(call); }
uint64_t FailingAllocations::stop() {
    counts = false;
    return calls;
}

}  // namespace rwkvk::test
