#pragma once

#include <optional>

#include "host/vk/api.h"
#include "host/vk/buffer.h"

namespace rwkvk::vk {

/// The best of the memory types that `allowed` has a bit for. Device memory is host-visible where the type is
/// coherent and lies in the largest device-local heap: then the host reaches all of it (software, UMA,
/// resizable BAR) and needs no staging.
std::optional<uint32_t> pick_memory_type(const VkPhysicalDeviceMemoryProperties& memory, uint32_t allowed,
                                         Memory intent);

/// Whether the host may map memory of these properties for good, without flushes.
bool host_reaches(VkMemoryPropertyFlags flags);

}  // namespace rwkvk::vk
