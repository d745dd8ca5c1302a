#pragma once

#include <malloc.h>

#include <cstddef>

namespace rwkvk::test {

/// In use on the heap; 0 where that is not known, as under AddressSanitizer.
inline size_t heap_bytes() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

}  // namespace rwkvk::test
