#include "host/vk/memory_types.h"

#include <algorithm>

#include "host/error.h"

namespace rwkvk::vk {
namespace {

constexpr VkMemoryPropertyFlags device_local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
constexpr VkMemoryPropertyFlags reachable =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
// What these mean forbids ordinary use: memory that only protected queues may touch, that only images get, or
// that wants VK_AMD_device_coherent_memory switched on. Other bits, NVIDIA's RDMA and those to come, only
// add.
constexpr VkMemoryPropertyFlags special =
    VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |
    VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD;
constexpr VkMemoryPropertyFlags plain = device_local | cached | reachable;

VkDeviceSize largest_local_heap(const VkPhysicalDeviceMemoryProperties& memory) {
    VkDeviceSize largest = 0;
    for (uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
        const VkMemoryHeap& heap = memory.memoryHeaps[i];
        if (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) largest = std::max(largest, heap.size);
    }
    return largest;
}

// Higher is better; negative is unfit. Being device-local outweighs all else together.
int score(VkMemoryPropertyFlags flags, bool in_largest_heap, Memory intent, bool mapped) {
    const bool local = flags & device_local, fast_to_read = flags & cached, reach = host_reaches(flags);
    if (intent == Memory::device) {
        // Outside the largest heap, being reachable means a small window that others need too.
        const int reached =
            mapped ? 2 * (reach && in_largest_heap) + (reach && in_largest_heap && fast_to_read) : 2 * !reach;
        return 8 * (local && in_largest_heap) + 4 * local + reached;
    }
    if (!reach) return -1;
    if (intent == Memory::readback) return 2 * fast_to_read + !local;
    // What is written once and in order needs no place in the host's cache.
    return 2 * !local + !fast_to_read;
}

}  // namespace

bool host_reaches(VkMemoryPropertyFlags flags) { return (flags & reachable) == reachable; }

std::optional<uint32_t> pick_memory_type(const VkPhysicalDeviceMemoryProperties& memory, uint32_t allowed,
                                         Memory intent, bool mapped) {
    const VkDeviceSize largest = largest_local_heap(memory);
    std::optional<uint32_t> best;
    int best_score = -1;
    for (uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
        const VkMemoryPropertyFlags flags = memory.memoryTypes[i].propertyFlags;
        if (!(allowed >> i & 1) || (flags & special)) continue;
        const VkMemoryHeap& heap = memory.memoryHeaps[memory.memoryTypes[i].heapIndex];
        const int fit = score(flags, heap.size == largest, intent, mapped);
        // Of equals the one without extras, then the first: drivers list the faster type first.
        const int value = fit < 0 ? -1 : 2 * fit + !(flags & ~plain);
        if (value > best_score) {
            best = i;
            best_score = value;
        }
    }
    return best;
}

bool can_map_device_memory(const VkPhysicalDeviceMemoryProperties& memory) {
    const auto type = pick_memory_type(memory, ~0u, Memory::device, true);
    if (!type) return false;
    const auto& [flags, heap] = memory.memoryTypes[*type];
    return host_reaches(flags) && memory.memoryHeaps[heap].size == largest_local_heap(memory);
}

std::string describe_memory_type(const VkPhysicalDeviceMemoryProperties& memory, uint32_t type) {
    const auto& [flags, heap] = memory.memoryTypes[type];
    std::string words = flags & device_local ? "device-local" : "the host's";
    if (host_reaches(flags)) words += ", host-visible";
    if (flags & cached) words += ", cached";
    return concat("type ", type, " (", words, "), heap ", heap, " of ", memory.memoryHeaps[heap].size >> 20,
                  " MiB");
}

}  // namespace rwkvk::vk
