#include "host/vk/descriptors.h"

#include <algorithm>

#include "host/vk/device.h"

namespace rwkvk::vk {

DescriptorPools::~DescriptorPools() {
    for (VkDescriptorPool pool : pools_)
        device_.fn().vkDestroyDescriptorPool(device_.handle(), pool, device_.allocator());
}

void DescriptorPools::add_pool(uint32_t buffers) {
    // Doubling, so that a long recording needs few pools; 6 buffers a set is a guess that costs little.
    const uint32_t sets = 32u << std::min<size_t>(pools_.size(), 5);
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, std::max(6 * sets, buffers)};
    VkDescriptorPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    info.maxSets = sets;
    info.poolSizeCount = 1;
    info.pPoolSizes = &size;
    VkDescriptorPool pool = VK_NULL_HANDLE;
    pools_.reserve(pools_.size() + 1);
    check(device_.fn().vkCreateDescriptorPool(device_.handle(), &info, device_.allocator(), &pool),
          "creating a descriptor pool");
    pools_.push_back(pool);
    sets_left_ = sets;
    buffers_left_ = size.descriptorCount;
}

VkDescriptorSet DescriptorPools::allocate(VkDescriptorSetLayout layout, uint32_t buffers) {
    // Counted here, so that a full pool is never asked and an error of the call is a real one.
    if (sets_left_ == 0 || buffers_left_ < buffers) add_pool(buffers);
    VkDescriptorSetAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    info.descriptorPool = pools_.back();
    info.descriptorSetCount = 1;
    info.pSetLayouts = &layout;
    VkDescriptorSet set = VK_NULL_HANDLE;
    check(device_.fn().vkAllocateDescriptorSets(device_.handle(), &info, &set),
          "allocating a descriptor set");
    --sets_left_;
    buffers_left_ -= buffers;
    return set;
}

}  // namespace rwkvk::vk
