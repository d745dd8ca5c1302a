#pragma once
// What Recorder fills and Commands keeps.

#include "host/vk/descriptors.h"
#include "host/vk/recorder.h"

namespace rwkvk::vk {

struct CommandPools::Impl {
    Device& device;
    DescriptorPools descriptors;
    VkCommandPool pool = VK_NULL_HANDLE;

    explicit Impl(Device& owner);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
};

struct Commands::Impl {
    Device& device;
    std::shared_ptr<CommandPools> pools;
    VkCommandBuffer handle = VK_NULL_HANDLE;
    VkQueryPool queries = VK_NULL_HANDLE;  // two timestamps, or null
    uint32_t dispatches = 0, barriers = 0;
    bool submitted = false;  // before that the timestamps may not even be asked for

    Impl(Device& owner, std::shared_ptr<CommandPools> from);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void create_queries();
};

}  // namespace rwkvk::vk
