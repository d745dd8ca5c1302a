#pragma once

#include <cstdint>
#include <string>

namespace rwkvk::desktop {

/// Memory of this process, without files that are mapped; 0 where that cannot be asked.
uint64_t own_bytes();

/// "1.4 GB".
std::string bytes_text(uint64_t bytes);
/// "85.1 MB, device 1.4 GB"; the second part is left out when it is 0.
std::string memory_text(uint64_t host_bytes, uint64_t device_bytes);

}  // namespace rwkvk::desktop
