#pragma once
// A Vulkan device that somebody else made, owns and uses besides.

#include <functional>
#include <set>
#include <string>

#include "host/vk/api.h"

namespace rwkvk::vk {

/// Its parts outlive everything that is made on it.
struct ForeignDevice {
    PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
    VkInstance instance = VK_NULL_HANDLE;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    VkQueue queue = VK_NULL_HANDLE;  // that computes
    uint32_t family = 0;
    uint32_t api_version = VK_API_VERSION_1_1;  // that the instance was made for
    std::set<std::string> extensions = {};      // of the device, that are switched on
    const void* features = nullptr;  // VkDeviceCreateInfo::pNext as it was; read while it is opened
    std::function<void()> lock = {}, unlock = {};  // around each use of the queue; empty: nobody else uses it
    const VkAllocationCallbacks* allocator = nullptr;
    VkPipelineCache pipeline_cache = VK_NULL_HANDLE;  // null: one of our own
};

/// A value of a timeline semaphore.
struct TimelinePoint {
    VkSemaphore semaphore;
    uint64_t value;
};

struct DeviceFunctions;

/// What is submitted to the device's queue from now on begins when the point is reached; or the point is
/// reached when all that was submitted before is done. Errors: Code::device_lost.
void submit_wait(const DeviceFunctions& fn, const ForeignDevice& device, const TimelinePoint& point);
void submit_signal(const DeviceFunctions& fn, const ForeignDevice& device, const TimelinePoint& point);

}  // namespace rwkvk::vk
