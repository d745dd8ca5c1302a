#pragma once
// The Vulkan device that draws the window. Whoever brings a device of his own fills a GpuDevice in.

#include <imgui_impl_vulkan.h>

#include <string>

namespace rwkvk::desktop {

struct GpuDevice {
    VkInstance instance = VK_NULL_HANDLE;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    uint32_t family = 0;
    VkQueue queue = VK_NULL_HANDLE;
};

/// Throws std::runtime_error unless the call succeeded.
void vk(VkResult result, const char* what);

/// The first device that can draw to windows, discrete ones before others. Throws std::runtime_error.
GpuDevice open_gpu_device();
void close_gpu_device(const GpuDevice& gpu);

}  // namespace rwkvk::desktop
