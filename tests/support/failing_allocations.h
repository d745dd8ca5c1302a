#pragma once
// operator new of this thread, one call of which throws. Linking failing_allocations.cpp replaces it in the
// whole program.

#include <cstdint>

namespace rwkvk::test {

struct FailingAllocations {
    static void count();
    static void fail(uint64_t call);
    /// How many there were. None fails any more.
    static uint64_t stop();
};

}  // namespace rwkvk::test
