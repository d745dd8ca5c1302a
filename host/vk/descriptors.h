#pragma once

#include <vector>

#include "host/vk/api.h"

namespace rwkvk::vk {

class Device;

/// Descriptor sets of storage buffers, from pools that are added as they fill; all go at once.
class DescriptorPools {
  public:
    explicit DescriptorPools(Device& device) : device_(device) {}
    ~DescriptorPools();
    DescriptorPools(const DescriptorPools&) = delete;
    DescriptorPools& operator=(const DescriptorPools&) = delete;

    VkDescriptorSet allocate(VkDescriptorSetLayout layout, uint32_t buffers);

  private:
    void add_pool(uint32_t buffers);

    Device& device_;
    std::vector<VkDescriptorPool> pools_;
    uint32_t sets_left_ = 0, buffers_left_ = 0;  // in the last pool
};

}  // namespace rwkvk::vk
