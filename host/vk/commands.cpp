#include "host/vk/commands.h"

#include <cmath>
#include <utility>

#include "host/vk/device.h"

namespace rwkvk::vk {

CommandPools::Impl::Impl(Device& owner) : device(owner), descriptors(owner) {
    VkCommandPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    info.queueFamilyIndex = device.queue_family();
    check(device.fn().vkCreateCommandPool(device.handle(), &info, device.allocator(), &pool),
          "creating a command pool");
}

CommandPools::Impl::~Impl() {
    device.fn().vkDestroyCommandPool(device.handle(), pool, device.allocator());  // and its command buffers
}

CommandPools::CommandPools(Device& device) : impl_(std::make_unique<Impl>(device)) {}
CommandPools::~CommandPools() = default;

Commands::Impl::Impl(Device& owner, std::shared_ptr<CommandPools> from)
    : device(owner), pools(std::move(from)) {
    VkCommandBufferAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    info.commandPool = pools->impl_->pool;
    info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    info.commandBufferCount = 1;
    check(device.fn().vkAllocateCommandBuffers(device.handle(), &info, &handle),
          "allocating a command buffer");
}

Commands::Impl::~Impl() { device.fn().vkDestroyQueryPool(device.handle(), queries, device.allocator()); }

void Commands::Impl::create_queries() {
    VkQueryPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = 2;
    check(device.fn().vkCreateQueryPool(device.handle(), &info, device.allocator(), &queries),
          "creating a timestamp pool");
}

Commands::Commands(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Commands::~Commands() = default;

VkCommandBuffer Commands::handle() const { return impl_->handle; }
uint32_t Commands::dispatches() const { return impl_->dispatches; }
uint32_t Commands::barriers() const { return impl_->barriers; }

uint64_t Commands::elapsed_ns() const {
    if (!impl_->queries || !impl_->submitted) return 0;
    const Device& device = impl_->device;
    uint64_t times[2] = {};
    const VkResult result =
        device.fn().vkGetQueryPoolResults(device.handle(), impl_->queries, 0, 2, sizeof(times), times,
                                          sizeof(times[0]), VK_QUERY_RESULT_64_BIT);
    check(result, "reading timestamps");
    if (result != VK_SUCCESS) return 0;  // not yet run
    // The mask makes a counter that wrapped between the two count on.
    const uint64_t ticks = (times[1] - times[0]) & device.timestamp_mask();
    return static_cast<uint64_t>(
        std::llround(static_cast<double>(ticks) * device.facts().timestamp_period_ns));
}

}  // namespace rwkvk::vk
