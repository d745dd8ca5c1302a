#pragma once
// What Recorder fills and Commands keeps.

#include "host/vk/descriptors.h"
#include "host/vk/recorder.h"

namespace rwkvk::vk {

struct Commands::Impl {
    Device& device;
    DescriptorPools descriptors;
    VkCommandPool pool = VK_NULL_HANDLE;
    VkCommandBuffer handle = VK_NULL_HANDLE;
    VkQueryPool queries = VK_NULL_HANDLE;  // two timestamps, or null
    uint32_t dispatches = 0, barriers = 0;
    bool submitted = false;  // before that the timestamps may not even be asked for

    explicit Impl(Device& owner) : device(owner), descriptors(owner) {}
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void create();  // the command buffer
    void create_queries();
};

}  // namespace rwkvk::vk
