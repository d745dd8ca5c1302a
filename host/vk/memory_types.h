#pragma once

#include <optional>
#include <string>

#include "host/vk/api.h"
#include "host/vk/buffer.h"

namespace rwkvk::vk {

/// The best of the memory types that `allowed` has a bit for. Device memory is device-local where any of them
/// is, whatever else is lost. With `mapped` (the fact) it is also within the host's reach where that holds
/// for the whole of the largest device-local heap (software, UMA, resizable BAR), else preferably not.
std::optional<uint32_t> pick_memory_type(const VkPhysicalDeviceMemoryProperties& memory, uint32_t allowed,
                                         Memory intent, bool mapped);

/// Whether the host may map memory of these properties for good, without flushes.
bool host_reaches(VkMemoryPropertyFlags flags);

/// Whether device memory, all of it, can be mapped: what the fact `mapped` needs.
bool can_map_device_memory(const VkPhysicalDeviceMemoryProperties& memory);

/// "type 1 (device-local, host-visible), heap 0 of 8192 MiB".
std::string describe_memory_type(const VkPhysicalDeviceMemoryProperties& memory, uint32_t type);

}  // namespace rwkvk::vk
