#pragma once
// The Vulkan device that draws the window and, where it can, runs the model too.

#include <imgui_impl_vulkan.h>

#include <memory>
#include <mutex>
#include <rwkvk.hpp>
#include <stdexcept>

#include "drawing_device.h"

namespace rwkvk::desktop {

struct GpuDevice {
    GpuDevice() = default;
    ~GpuDevice();
    GpuDevice(const GpuDevice&) = delete;
    GpuDevice& operator=(const GpuDevice&) = delete;

    uint32_t api_version = VK_API_VERSION_1_0;  // of the instance
    VkInstance instance = VK_NULL_HANDLE;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    uint32_t family = 0, model_family = 0;
    VkQueue queue = VK_NULL_HANDLE;
    VkQueue model_queue = VK_NULL_HANDLE;  // the same one where the device has no other

    /// While it lives nobody else uses `queue`.
    std::unique_lock<std::mutex> hold_queue() const;
    /// While it lives the model uses no queue, which waiting for the whole device requires.
    std::unique_lock<std::mutex> hold_device() const { return std::unique_lock(mutex_); }
    std::mutex& model_queue_mutex() const { return mutex_; }

  private:
    mutable std::mutex mutex_;
};

struct DeviceLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws DeviceLost, or std::runtime_error, unless the call succeeded.
void vk(VkResult result, const char* what);

struct OpenedDevice {
    std::shared_ptr<const GpuDevice> gpu;
    DrawingDevice drawing;  // which keeps it alive
};

/// The best device that can draw to windows, as the library ranks them. Throws std::runtime_error.
OpenedDevice open_gpu_device(const Runtime& runtime);

}  // namespace rwkvk::desktop
