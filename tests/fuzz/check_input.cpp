#include "tests/fuzz/check_input.h"

#include RWKVK_FUZZ_ERROR
#include "tests/fuzz/input.h"
#include "tests/support/allocation_meter.h"

namespace rwkvk::fuzz {

size_t peak_of(std::string_view input) {
    const test::AllocationMeter meter;
    try {
        read_input(input);
    } catch (const Error&) {
    }
    return meter.peak_bytes();
}

}  // namespace rwkvk::fuzz
