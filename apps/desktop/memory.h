#pragma once

#include <cstdint>
#include <string>

namespace rwkvk::desktop {

/// Memory of this process, without files that are mapped; 0 where that cannot be asked.
uint64_t own_bytes();

/// "1.4 GB".
std::string bytes_text(uint64_t bytes);

}  // namespace rwkvk::desktop
