#include "host/vk/recorder.h"

#include "host/error.h"
#include "host/vk/buffer.h"
#include "host/vk/commands.h"
#include "host/vk/device.h"
#include "host/vk/kernel.h"

namespace rwkvk::vk {
namespace {

constexpr VkPipelineStageFlags device_stages =
    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr VkAccessFlags device_writes = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
constexpr VkAccessFlags device_reads = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT;

void check_binding(const Device& device, const Binding& binding) {
    const DeviceFacts& facts = device.facts();
    RWKVK_ASSERT(binding.buffer && binding.bytes > 0 && binding.bytes <= facts.max_binding_bytes);
    RWKVK_ASSERT(binding.offset % facts.offset_alignment == 0);
    RWKVK_ASSERT(binding.offset <= binding.buffer->size_bytes());
    RWKVK_ASSERT(binding.bytes <= binding.buffer->size_bytes() - binding.offset);
}

void check_dispatch(const Device& device, const Kernel& kernel, std::span<const Binding> bindings,
                    std::span<const std::byte> push, const std::array<uint32_t, 3>& groups) {
    const Reflection& module = kernel.reflection();
    RWKVK_ASSERT(bindings.size() == module.bindings.size());
    RWKVK_ASSERT(push.size() == module.push_bytes);
    for (size_t i = 0; i < 3; ++i) RWKVK_ASSERT(groups[i] <= device.facts().max_group_count[i]);
    for (size_t i = 0; i < bindings.size(); ++i) {
        check_binding(device, bindings[i]);
        RWKVK_ASSERT(!module.bindings[i].readonly || bindings[i].access == Access::read);
    }
}

}  // namespace

struct Recorder::Impl {
    Device& device;
    Options options;
    std::unique_ptr<Commands::Impl> commands;
    HazardTracker hazards;
    int64_t next_barrier = 0;
    VkPipeline bound = VK_NULL_HANDLE;

    void begin();
    void barrier();
    void emit_barrier(VkPipelineStageFlags to, VkAccessFlags to_access);
    void timestamp(uint32_t index);
    VkDescriptorSet descriptor_set(const Kernel& kernel, std::span<const Binding> bindings);
};

void Recorder::Impl::begin() {
    VkCommandBufferBeginInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    if (options.queued) info.flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT;
    check(device.fn().vkBeginCommandBuffer(commands->handle, &info), "starting a command buffer");
    barrier();
    if (!options.timestamps || !device.facts().timestamps) return;
    commands->create_queries();
    device.fn().vkCmdResetQueryPool(commands->handle, commands->queries, 0, 2);
    timestamp(0);
}

void Recorder::Impl::barrier() {
    hazards.clear();
    if (next_barrier++ == options.drop_barrier) return;
    ++commands->barriers;
    emit_barrier(device_stages, device_reads | device_writes);
}

void Recorder::Impl::emit_barrier(VkPipelineStageFlags to, VkAccessFlags to_access) {
    VkMemoryBarrier memory{};
    memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    memory.srcAccessMask = device_writes;
    memory.dstAccessMask = to_access;
    device.fn().vkCmdPipelineBarrier(commands->handle, device_stages, to, 0, 1, &memory, 0, nullptr, 0,
                                     nullptr);
}

void Recorder::Impl::timestamp(uint32_t index) {
    // At the bottom of the pipe, so that neither time includes work of its neighbours.
    device.fn().vkCmdWriteTimestamp(commands->handle, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, commands->queries,
                                    index);
}

VkDescriptorSet Recorder::Impl::descriptor_set(const Kernel& kernel, std::span<const Binding> bindings) {
    const VkDescriptorSet set = commands->pools->impl_->descriptors.allocate(
        kernel.set_layout(), static_cast<uint32_t>(bindings.size()));
    std::vector<VkDescriptorBufferInfo> buffers(bindings.size());
    std::vector<VkWriteDescriptorSet> writes(bindings.size());
    for (size_t i = 0; i < bindings.size(); ++i) {
        buffers[i] = {bindings[i].buffer->handle(), bindings[i].offset, bindings[i].bytes};
        writes[i].sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
        writes[i].dstSet = set;
        writes[i].dstBinding = kernel.reflection().bindings[i].binding;
        writes[i].descriptorCount = 1;
        writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        writes[i].pBufferInfo = &buffers[i];
    }
    device.fn().vkUpdateDescriptorSets(device.handle(), static_cast<uint32_t>(writes.size()), writes.data(),
                                       0, nullptr);
    return set;
}

Recorder::Recorder(Device& device) : Recorder(device, Options{}) {}

Recorder::Recorder(Device& device, const Options& options)
    : impl_(new Impl{.device = device,
                     .options = options,
                     .commands = std::make_unique<Commands::Impl>(
                         device, options.pools ? options.pools : std::make_shared<CommandPools>(device)),
                     .hazards = {}}) {
    impl_->begin();
}

Recorder::~Recorder() = default;

void Recorder::barrier_if_needed(std::span<const Binding> uses) {
    if (impl_->hazards.conflicts(uses)) impl_->barrier();
    impl_->hazards.add(uses);
}

void Recorder::dispatch(const Kernel& kernel, std::span<const Binding> bindings,
                        std::span<const std::byte> push, std::array<uint32_t, 3> groups) {
    RWKVK_ASSERT(impl_->commands);
    check_dispatch(impl_->device, kernel, bindings, push, groups);
    const DeviceFunctions& fn = impl_->device.fn();
    const VkCommandBuffer commands = impl_->commands->handle;
    barrier_if_needed(bindings);
    if (impl_->bound != kernel.pipeline()) {
        fn.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.pipeline());
        impl_->bound = kernel.pipeline();
    }
    if (!bindings.empty()) {
        const VkDescriptorSet set = impl_->descriptor_set(kernel, bindings);
        fn.vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.layout(), 0, 1, &set, 0,
                                   nullptr);
    }
    if (!push.empty()) {
        fn.vkCmdPushConstants(commands, kernel.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                              static_cast<uint32_t>(push.size()), push.data());
    }
    fn.vkCmdDispatch(commands, groups[0], groups[1], groups[2]);
    ++impl_->commands->dispatches;
}

void Recorder::copy(Buffer& from, uint64_t from_offset, Buffer& to, uint64_t to_offset, uint64_t bytes) {
    RWKVK_ASSERT(impl_->commands);
    from.assert_range(from_offset, bytes);
    to.assert_range(to_offset, bytes);
    RWKVK_ASSERT(&from != &to || from_offset + bytes <= to_offset || to_offset + bytes <= from_offset);
    if (bytes == 0) return;
    const Binding uses[] = {{&from, from_offset, bytes, Access::read},
                            {&to, to_offset, bytes, Access::write}};
    barrier_if_needed(uses);
    const VkBufferCopy region{from_offset, to_offset, bytes};
    impl_->device.fn().vkCmdCopyBuffer(impl_->commands->handle, from.handle(), to.handle(), 1, &region);
}

void Recorder::fill(Buffer& to, uint64_t offset, uint64_t bytes, uint32_t word) {
    RWKVK_ASSERT(impl_->commands);
    to.assert_range(offset, bytes);
    if (bytes == 0) return;
    const Binding use{&to, offset, bytes, Access::write};
    barrier_if_needed({&use, 1});
    impl_->device.fn().vkCmdFillBuffer(impl_->commands->handle, to.handle(), offset, bytes, word);
}

uint32_t Recorder::dispatches() const { return impl_->commands ? impl_->commands->dispatches : 0; }

std::unique_ptr<Commands> Recorder::finish() {
    RWKVK_ASSERT(impl_->commands);  // once
    if (impl_->commands->queries) impl_->timestamp(1);
    impl_->emit_barrier(VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    check(impl_->device.fn().vkEndCommandBuffer(impl_->commands->handle), "ending a command buffer");
    return std::unique_ptr<Commands>(new Commands(std::move(impl_->commands)));
}

}  // namespace rwkvk::vk
