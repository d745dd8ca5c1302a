// libFuzzer's entry point.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/check_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const size_t peak = rwkvk::fuzz::peak_of({reinterpret_cast<const char*>(data), size});
    if (peak <= rwkvk::fuzz::allowed_bytes(size)) return 0;
    std::fprintf(stderr, "took %zu bytes for an input of %zu\n", peak, size);
    std::abort();
}
