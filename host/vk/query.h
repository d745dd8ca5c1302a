#pragma once

#include <optional>

#include "host/vk/api.h"
#include "host/vk/facts.h"
#include "host/vk/foreign.h"

namespace rwkvk::vk {

/// The family to compute on: one without graphics where there is one, so that a desktop stays smooth.
std::optional<uint32_t> compute_family(const InstanceFunctions& fn, VkPhysicalDevice device);

/// Bits of a timestamp that count on that family; 0 without timestamps.
uint32_t timestamp_bits(const InstanceFunctions& fn, VkPhysicalDevice device, uint32_t family);

/// Unmasked facts, each reported limit checked for sense and known driver faults corrected; nothing for a
/// device that cannot be used (no compute queue), which is logged. `most_version`: as offer_of.
std::optional<DeviceFacts> query_facts(const InstanceFunctions& fn, VkPhysicalDevice device,
                                       uint32_t most_version = VK_API_VERSION_1_3);

/// The same of a device that somebody else made: only what is switched on there.
/// Errors: Code::unsupported where its queue does not compute.
DeviceFacts query_facts(const InstanceFunctions& fn, const ForeignDevice& foreign);

}  // namespace rwkvk::vk
