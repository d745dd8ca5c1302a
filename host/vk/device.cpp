#include "host/vk/device.h"

#include <algorithm>
#include <utility>

#include "host/error.h"
#include "host/log.h"
#include "host/stopwatch.h"
#include "host/vk/buffer.h"
#include "host/vk/features.h"
#include "host/vk/memory_types.h"
#include "host/vk/query.h"

namespace rwkvk::vk {

struct Device::Impl {
    std::shared_ptr<Instance> instance;
    DeviceFacts facts;
    DeviceFunctions fn;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice handle = VK_NULL_HANDLE;
    VkQueue queue = VK_NULL_HANDLE;
    uint32_t family = 0;
    uint64_t timestamp_mask = 0;
    VkPipelineCache cache = VK_NULL_HANDLE;
    std::optional<ForeignDevice> foreign;  // whose parts these are
    const VkAllocationCallbacks* allocator = nullptr;
    VkPhysicalDeviceMemoryProperties memory{};
    uint32_t buffer_types = 0;  // what buffers may lie in
    uint64_t allocated = 0, peak = 0;

    ~Impl();
    void choose_queue();
    void create();
    void adopt(const ForeignDevice& other);
    void get_ready();
    void ask_buffer_types();
    void report_memory() const;
    void create_cache(std::span<const std::byte> data);
};

Device::Impl::~Impl() {
    if (!fn.vkDestroyDevice) return;
    // What was submitted has been waited for by its timelines; of a foreign device nothing else is ours.
    if (!foreign)
        fn.vkDeviceWaitIdle(handle);  // a lost device answers with an error that changes nothing here
    if (!foreign || cache != foreign->pipeline_cache) fn.vkDestroyPipelineCache(handle, cache, allocator);
    if (!foreign) fn.vkDestroyDevice(handle, nullptr);
}

void Device::Impl::choose_queue() {
    const auto found = compute_family(instance->fn(), physical);
    RWKVK_ASSERT(found);  // the instance lists no device without one
    family = *found;
}

/// Once there is a device.
void Device::Impl::get_ready() {
    const uint32_t bits = facts.timestamps ? timestamp_bits(instance->fn(), physical, family) : 0;
    timestamp_mask = bits >= 64 ? ~0ull : (1ull << bits) - 1;
    ask_buffer_types();
    if (!cache) create_cache({});
}

void Device::Impl::create() {
    const EnabledFeatures enabled(facts, offer_of(instance->fn(), physical));
    const float priority = 1.0f;
    VkDeviceQueueCreateInfo queue_info{};
    queue_info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue_info.queueFamilyIndex = family;
    queue_info.queueCount = 1;
    queue_info.pQueuePriorities = &priority;
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.pNext = enabled.chain();
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue_info;
    // What draws the desktop goes first.
    VkDeviceQueueGlobalPriorityCreateInfoKHR low{};
    low.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_GLOBAL_PRIORITY_CREATE_INFO_KHR;
    low.globalPriority = VK_QUEUE_GLOBAL_PRIORITY_LOW_KHR;
    std::vector<const char*> extensions = enabled.extensions();
    if (facts.low_priority) {
        extensions.push_back("VK_EXT_global_priority");
        queue_info.pNext = &low;
    }
    info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
    info.ppEnabledExtensionNames = extensions.data();
    VkResult result = instance->fn().vkCreateDevice(physical, &info, nullptr, &handle);
    if (result == VK_ERROR_NOT_PERMITTED_KHR) {
        queue_info.pNext = nullptr;
        result = instance->fn().vkCreateDevice(physical, &info, nullptr, &handle);
    }
    if (result < 0) fail(result, concat("opening ", facts.name));
    fn = load_device_functions(instance->fn(), handle);
    fn.vkGetDeviceQueue(handle, family, 0, &queue);
}

void Device::Impl::adopt(const ForeignDevice& other) {
    foreign = other;
    physical = other.physical;
    handle = other.device;
    queue = other.queue;
    family = other.family;
    allocator = other.allocator;
    cache = other.pipeline_cache;
    fn = load_device_functions(instance->fn(), handle);
}

void Device::Impl::ask_buffer_types() {
    instance->fn().vkGetPhysicalDeviceMemoryProperties(physical, &memory);
    const VkBufferCreateInfo info = storage_buffer_info(256);
    VkBuffer buffer = VK_NULL_HANDLE;
    check(fn.vkCreateBuffer(handle, &info, allocator, &buffer), "creating a first buffer");
    VkMemoryRequirements needs;
    fn.vkGetBufferMemoryRequirements(handle, buffer, &needs);
    fn.vkDestroyBuffer(handle, buffer, allocator);
    buffer_types = needs.memoryTypeBits;
}

void Device::Impl::report_memory() const {
    for (const auto& [intent, name] : memory_intents) {
        const auto type = pick_memory_type(memory, buffer_types, intent, facts.mapped);
        if (!type) continue;  // a driver without a card, which only compiles
        const bool staged = intent == Memory::device && !facts.mapped;
        log(LogLevel::info, concat(facts.name, ": ", name, " memory is ", describe_memory_type(memory, *type),
                                   staged ? ", staged" : ""));
    }
}

void Device::Impl::create_cache(std::span<const std::byte> data) {
    VkPipelineCacheCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
    info.initialDataSize = data.size();
    info.pInitialData = data.data();
    check(fn.vkCreatePipelineCache(handle, &info, allocator, &cache), "creating the pipeline cache");
}

Device::Device(std::shared_ptr<Instance> instance, const Instance::Candidate& candidate,
               DeviceFacts masked_facts)
    : impl_(std::make_unique<Impl>()) {
    const Stopwatch watch;
    impl_->instance = std::move(instance);
    impl_->facts = std::move(masked_facts);
    impl_->physical = candidate.handle;
    impl_->choose_queue();
    impl_->create();
    impl_->get_ready();
    log(LogLevel::info, concat(impl_->facts.name, " opened in ", watch.seconds(), " s"));
    impl_->report_memory();
}

Device::Device(std::shared_ptr<Instance> instance, const ForeignDevice& foreign, DeviceFacts masked_facts)
    : impl_(std::make_unique<Impl>()) {
    impl_->instance = std::move(instance);
    impl_->facts = std::move(masked_facts);
    impl_->adopt(foreign);
    impl_->get_ready();
    log(LogLevel::info, concat(impl_->facts.name, " taken over from the program"));
    impl_->report_memory();
}

Device::~Device() = default;

const DeviceFacts& Device::facts() const { return impl_->facts; }
const DeviceFunctions& Device::fn() const { return impl_->fn; }
const Instance& Device::instance() const { return *impl_->instance; }
VkDevice Device::handle() const { return impl_->handle; }
VkQueue Device::queue() const { return impl_->queue; }
uint32_t Device::queue_family() const { return impl_->family; }
const VkAllocationCallbacks* Device::allocator() const { return impl_->allocator; }

Device::QueueLock::QueueLock(const Device& device) : device_(device) {
    const auto& foreign = device_.impl_->foreign;
    if (foreign && foreign->lock) foreign->lock();
}

Device::QueueLock::~QueueLock() {
    const auto& foreign = device_.impl_->foreign;
    if (foreign && foreign->unlock) foreign->unlock();
}

VkPipelineCache Device::pipeline_cache() const { return impl_->cache; }

void Device::load_pipelines(std::span<const std::byte> data) {
    if (impl_->foreign && impl_->foreign->pipeline_cache) return;  // its owner keeps it
    const VkPipelineCache empty = std::exchange(impl_->cache, VK_NULL_HANDLE);
    try {
        impl_->create_cache(data);
    } catch (const Error& error) {
        log(LogLevel::info, concat(impl_->facts.name, ": kept pipelines are not used: ", error.what()));
        impl_->cache = empty;
        return;
    }
    impl_->fn.vkDestroyPipelineCache(impl_->handle, empty, impl_->allocator);
}

std::vector<std::byte> Device::pipeline_data() const {
    size_t bytes = 0;
    if (impl_->fn.vkGetPipelineCacheData(impl_->handle, impl_->cache, &bytes, nullptr) < 0) return {};
    std::vector<std::byte> data(bytes);
    // What another thread adds in between does not fit, and is there the next time.
    if (impl_->fn.vkGetPipelineCacheData(impl_->handle, impl_->cache, &bytes, data.data()) < 0) return {};
    data.resize(bytes);
    return data;
}

uint64_t Device::timestamp_mask() const { return impl_->timestamp_mask; }

uint32_t Device::memory_type(uint32_t type_bits, Memory intent) const {
    const auto type = pick_memory_type(impl_->memory, type_bits, intent, impl_->facts.mapped);
    if (type) return *type;
    throw Error(Code::unsupported,
                concat(impl_->facts.name, ": none of the memory types allowed for a buffer (bits 0x",
                       std::hex, type_bits, ") can be used", intent == Memory::device ? "" : " by the host",
                       "; update the driver"));
}

std::optional<uint32_t> Device::memory_type(Memory intent) const {
    return pick_memory_type(impl_->memory, impl_->buffer_types, intent, impl_->facts.mapped);
}

const VkPhysicalDeviceMemoryProperties& Device::memory() const { return impl_->memory; }

VkMemoryPropertyFlags Device::memory_flags(uint32_t type) const {
    RWKVK_ASSERT(type < impl_->memory.memoryTypeCount);
    return impl_->memory.memoryTypes[type].propertyFlags;
}

uint64_t Device::free_bytes() const {
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
    budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
    VkPhysicalDeviceMemoryProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
    if (impl_->facts.memory_budget) properties.pNext = &budget;
    impl_->instance->fn().vkGetPhysicalDeviceMemoryProperties2(impl_->physical, &properties);
    const uint32_t heap =
        impl_->memory.memoryTypes[memory_type(impl_->buffer_types, Memory::device)].heapIndex;
    const bool told = budget.heapBudget[heap] > 0;
    const uint64_t most = told ? budget.heapBudget[heap] : impl_->memory.memoryHeaps[heap].size;
    const uint64_t used = told ? budget.heapUsage[heap] : impl_->allocated;
    return most - std::min(most, used);
}

uint64_t Device::allocated_bytes() const { return impl_->allocated; }
uint64_t Device::peak_allocated_bytes() const { return impl_->peak; }

void Device::note_allocation(int64_t bytes) {
    impl_->allocated += static_cast<uint64_t>(bytes);
    impl_->peak = std::max(impl_->peak, impl_->allocated);
}

}  // namespace rwkvk::vk
