#pragma once
// A Vulkan instance and device as some program makes them, with work of its own on their queue. Needs nothing
// of the library's but its header, and the Vulkan loader.

#include <rwkvk_device.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/vk/api.h"

namespace rwkvk::test {

class ProgramDevice {
  public:
    /// With what the library wishes for, or with nothing but what is required. Under the validation layer
    /// where it is installed. Null, with a message, where there is no Vulkan.
    static std::unique_ptr<ProgramDevice> make(rwkvk_runtime* runtime, uint32_t api_version,
                                               bool with_wishes);
    ~ProgramDevice();

    /// For rwkvk_device_adopt.
    rwkvk_vulkan vulkan() const;

    /// While it lives, a thread fills a buffer again and again on the same queue.
    class Work {
      public:
        explicit Work(ProgramDevice& device);

      private:
        std::jthread thread_;
    };

    std::vector<std::string> messages() const;  // of the validation layer
    uint64_t submissions() const { return submissions_; }
    uint64_t times_locked() const { return times_locked_; }
    /// Of the callbacks that the library was given.
    int64_t live_allocations() const { return live_allocations_; }

  private:
    struct Functions;
    ProgramDevice() = default;
    bool make_instance(uint32_t api_version);
    void make_device(rwkvk_runtime* runtime, bool with_wishes);
    void make_callbacks();
    void fill(std::stop_token stop);

    uint32_t api_version_ = 0;
    PFN_vkGetInstanceProcAddr get_instance_proc_addr_ = nullptr;
    VkInstance instance_ = VK_NULL_HANDLE;
    VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
    VkPhysicalDevice physical_ = VK_NULL_HANDLE;
    VkDevice device_ = VK_NULL_HANDLE;
    VkQueue queue_ = VK_NULL_HANDLE;
    uint32_t family_ = 0;
    rwkvk_device_wishes* wishes_ = nullptr;
    VkAllocationCallbacks callbacks_{};
    mutable std::mutex queue_mutex_, message_mutex_;
    std::vector<std::string> messages_;
    std::atomic<uint64_t> submissions_ = 0;
    mutable std::atomic<uint64_t> times_locked_ = 0;
    std::atomic<int64_t> live_allocations_ = 0;
};

}  // namespace rwkvk::test
