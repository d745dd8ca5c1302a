#include "host/vk/memory_types.h"

#include <algorithm>

namespace rwkvk::vk {
namespace {

constexpr VkMemoryPropertyFlags device_local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
constexpr VkMemoryPropertyFlags reachable =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
// Types with any other property (protected, lazily allocated, uncached on the device) are for special uses.
constexpr VkMemoryPropertyFlags ordinary = device_local | cached | reachable;

VkDeviceSize largest_local_heap(const VkPhysicalDeviceMemoryProperties& memory) {
    VkDeviceSize largest = 0;
    for (uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
        const VkMemoryHeap& heap = memory.memoryHeaps[i];
        if (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) largest = std::max(largest, heap.size);
    }
    return largest;
}

// Higher is better; negative is unfit.
int score(VkMemoryPropertyFlags flags, bool in_largest_heap, Memory intent) {
    const bool local = flags & device_local, fast_to_read = flags & cached;
    if (intent == Memory::device) {
        // Outside the largest heap, being reachable means a small window that others need too.
        const bool reach = host_reaches(flags) && in_largest_heap;
        return 8 * (local && in_largest_heap) + 4 * local + 2 * reach + (reach && fast_to_read);
    }
    if (!host_reaches(flags)) return -1;
    if (intent == Memory::readback) return 2 * fast_to_read + !local;
    // What is written once and in order needs no place in the host's cache.
    return 2 * !local + !fast_to_read;
}

}  // namespace

bool host_reaches(VkMemoryPropertyFlags flags) { return (flags & reachable) == reachable; }

std::optional<uint32_t> pick_memory_type(const VkPhysicalDeviceMemoryProperties& memory, uint32_t allowed,
                                         Memory intent) {
    const VkDeviceSize largest = largest_local_heap(memory);
    std::optional<uint32_t> best;
    int best_score = -1;
    for (uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
        const VkMemoryPropertyFlags flags = memory.memoryTypes[i].propertyFlags;
        if (!(allowed >> i & 1) || (flags & ~ordinary)) continue;
        const VkMemoryHeap& heap = memory.memoryHeaps[memory.memoryTypes[i].heapIndex];
        const int value = score(flags, heap.size == largest, intent);
        // Of equals the first: drivers list the faster type first.
        if (value > best_score) {
            best = i;
            best_score = value;
        }
    }
    return best;
}

}  // namespace rwkvk::vk
