#pragma once
// The program's own Vulkan device, made as a game makes one, with what rwkvk can use of it switched on.

#include <gpu_device.h>
#include <rwkvk_device.h>

#include <memory>
#include <mutex>
#include <rwkvk.hpp>
#include <string>

namespace rwkvk::npc {

struct DeviceDeleter {
    void operator()(rwkvk_device* device) const { rwkvk_device_destroy(device); }
    void operator()(rwkvk_device_wishes* wishes) const { rwkvk_device_wishes_destroy(wishes); }
};
using AdoptedDevice = std::unique_ptr<rwkvk_device, DeviceDeleter>;

class Device {
  public:
    /// GLFW is initialised. Throws std::runtime_error, or the Error of a device that models cannot run on.
    explicit Device(const Runtime& runtime);
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    /// Hands it over to rwkvk, for contexts and engines, which must be gone before it.
    AdoptedDevice adopt(const Runtime& runtime) const;

    const desktop::GpuDevice& gpu() const { return gpu_; }  // with the queue that draws
    /// Held while the drawing queue is used: rwkvk may use the same one.
    std::mutex& queue_mutex() const { return queue_mutex_; }
    bool shares_queue() const { return compute_queue_ == gpu_.queue; }

  private:
    void make_instance();
    void choose_physical();
    void ask_wishes(const Runtime& runtime);
    void make_device();
    rwkvk_vulkan vulkan() const;

    desktop::GpuDevice gpu_;
    std::unique_ptr<rwkvk_device_wishes, DeviceDeleter> wishes_;
    uint32_t compute_family_ = 0;
    VkQueue compute_queue_ = VK_NULL_HANDLE;
    mutable std::mutex queue_mutex_;
};

}  // namespace rwkvk::npc
