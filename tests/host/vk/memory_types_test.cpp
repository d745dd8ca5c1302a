// The choice among memory types like those that drivers of real cards list.
#include <doctest/doctest.h>

#include <vector>

#include "host/vk/memory_types.h"

namespace rwkvk::vk {
namespace {

constexpr VkMemoryPropertyFlags local = 1, visible = 2 | 4, cached = 8, lazy = 0x10, protect = 0x20,
                                amd_coherent = 0x40, amd_uncached = 0x80, nvidia_rdma = 0x100,
                                unknown = 0x8000;
constexpr VkDeviceSize mib = 1 << 20, gib = 1 << 30;

struct Heap {
    VkDeviceSize size;
    bool is_local;
};
struct Type {
    VkMemoryPropertyFlags flags;
    uint32_t heap;
};

VkPhysicalDeviceMemoryProperties memory_of(const std::vector<Heap>& heaps, const std::vector<Type>& types) {
    VkPhysicalDeviceMemoryProperties memory{};
    for (const Heap& heap : heaps) {
        memory.memoryHeaps[memory.memoryHeapCount++] = {
            heap.size, heap.is_local ? VkMemoryHeapFlags{VK_MEMORY_HEAP_DEVICE_LOCAL_BIT} : 0};
    }
    for (const Type& type : types) memory.memoryTypes[memory.memoryTypeCount++] = {type.flags, type.heap};
    return memory;
}

using Choice = std::optional<uint32_t>;

struct Choices {
    Choice device_mapped, device_staged, upload, readback;
    bool operator==(const Choices&) const = default;
};

Choices choices_of(const VkPhysicalDeviceMemoryProperties& memory, uint32_t allowed = ~0u) {
    const auto pick = [&](Memory intent, bool mapped) {
        return pick_memory_type(memory, allowed, intent, mapped);
    };
    return {pick(Memory::device, true), pick(Memory::device, false), pick(Memory::upload, false),
            pick(Memory::readback, false)};
}

TEST_CASE("NVIDIA with a window of 246 MiB: the window is left alone") {
    const auto memory =
        memory_of({{24 * gib, true}, {32 * gib, false}, {246 * mib, true}},
                  {{0, 1}, {local, 0}, {visible, 1}, {visible | cached, 1}, {local | visible, 2}});
    CHECK(choices_of(memory) == Choices{1, 1, 2, 3});
    CHECK_FALSE(can_map_device_memory(memory));
}

TEST_CASE("NVIDIA with all of its memory in reach: mapped or staged, as the fact says") {
    const auto memory =
        memory_of({{80 * gib, true}, {128 * gib, false}},
                  {{0, 1}, {local, 0}, {visible, 1}, {visible | cached, 1}, {local | visible, 0}});
    CHECK(choices_of(memory) == Choices{4, 1, 2, 3});
    CHECK(can_map_device_memory(memory));
}

TEST_CASE("memory that also does RDMA, or something yet unknown, is memory of the device") {
    for (const VkMemoryPropertyFlags more : {nvidia_rdma, unknown}) {
        const auto only = memory_of({{80 * gib, true}, {128 * gib, false}},
                                    {{visible, 1}, {visible | cached, 1}, {local | visible | more, 0}});
        CHECK(choices_of(only) == Choices{2, 2, 0, 1});
        const auto beside = memory_of({{80 * gib, true}, {128 * gib, false}},
                                      {{local | more, 0}, {local, 0}, {visible | cached, 1}});
        CHECK(choices_of(beside) == Choices{1, 1, 2, 2});
    }
}

TEST_CASE("AMD: types that need a feature or other queues are never taken") {
    // RADV's list on a card with resizable BAR, each type again for VK_AMD_device_coherent_memory.
    const VkMemoryPropertyFlags odd = amd_coherent | amd_uncached;
    const std::vector<Heap> heaps = {{16 * gib, true}, {32 * gib, false}};
    const auto memory = memory_of(heaps, {{local | odd, 0},
                                          {local | lazy, 0},
                                          {local | protect, 0},
                                          {local, 0},
                                          {visible, 1},
                                          {local | visible, 0},
                                          {visible | cached, 1},
                                          {local | visible | odd, 0},
                                          {visible | cached | odd, 1}});
    CHECK(choices_of(memory) == Choices{5, 3, 4, 6});
    CHECK_FALSE(choices_of(memory, 0b110000111).device_mapped);
}

TEST_CASE("an AMD processor's graphics: the carve-out that the host reaches") {
    const auto memory = memory_of({{10 * gib, false}, {20 * gib, true}},
                                  {{local, 1}, {visible, 0}, {local | visible, 1}, {visible | cached, 0}});
    CHECK(choices_of(memory) == Choices{2, 0, 1, 3});
    CHECK(can_map_device_memory(memory));
}

TEST_CASE("Intel's and software devices: one heap for all") {
    const auto intel =
        memory_of({{24 * gib, true}}, {{local, 0}, {local | visible, 0}, {local | visible | cached, 0}});
    CHECK(choices_of(intel) == Choices{2, 0, 1, 2});
    const auto lavapipe = memory_of({{8 * gib, true}}, {{local | visible | cached, 0}});
    CHECK(choices_of(lavapipe) == Choices{0, 0, 0, 0});
    CHECK(can_map_device_memory(lavapipe));
}

TEST_CASE("device memory is the device's own even where only a small window of it is allowed") {
    const auto memory = memory_of({{24 * gib, true}, {32 * gib, false}, {246 * mib, true}},
                                  {{visible, 1}, {visible | cached, 1}, {local | visible, 2}});
    CHECK(choices_of(memory) == Choices{2, 2, 0, 1});
    CHECK(choices_of(memory, 0b011) == Choices{0, 0, 0, 1});  // none is allowed: the host's
    CHECK(choices_of(memory, 0) == Choices{});
}

TEST_CASE("a type is described in words") {
    const auto memory = memory_of({{24 * gib, true}, {32 * gib, false}}, {{local, 0}, {visible | cached, 1}});
    CHECK(describe_memory_type(memory, 0) == "type 0 (device-local), heap 0 of 24576 MiB");
    CHECK(describe_memory_type(memory, 1) ==
          "type 1 (the host's, host-visible, cached), heap 1 of 32768 MiB");
}

}  // namespace
}  // namespace rwkvk::vk
