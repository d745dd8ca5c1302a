#pragma once

#include <cstddef>
#include <string_view>

namespace rwkvk::fuzz {

#ifndef RWKVK_FUZZ_MIB
#define RWKVK_FUZZ_MIB 16
#endif

/// How much memory reading an input of this size may take.
constexpr size_t allowed_bytes(size_t input_bytes) {
    return 4 * input_bytes + (size_t{RWKVK_FUZZ_MIB} << 20);
}

/// Runs read_input; Errors are results like others. Gives the most memory that was held.
size_t peak_of(std::string_view input);

}  // namespace rwkvk::fuzz
