#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/vk/api.h"

namespace rwkvk::vk {

class Device;

/// Memory by intent.
enum class Memory {
    device,    // weights, states, activations; mapped as well where the fact of that name holds
    upload,    // written by the host, read by the device: staging, weights that its own memory does not hold
    readback,  // written by the device, read by the host: cached
};

constexpr std::pair<Memory, const char*> memory_intents[] = {
    {Memory::device, "device"}, {Memory::upload, "upload"}, {Memory::readback, "readback"}};

/// How every buffer is created. The size is rounded up to words: fills and copies go by them.
VkBufferCreateInfo storage_buffer_info(uint64_t size_bytes);

/// A storage buffer with memory of its own, always also a transfer source and destination.
class Buffer {
  public:
    /// Errors: Code::out_of_memory with the size and what it is for.
    Buffer(Device& device, uint64_t size_bytes, Memory intent, std::string name);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    VkBuffer handle() const { return buffer_; }
    uint64_t size_bytes() const { return size_; }
    const std::string& name() const { return name_; }
    /// Host address of the whole buffer (coherent), or null for memory the host cannot reach.
    std::byte* mapped() const { return mapped_; }
    /// Whether the host reads it at the speed of its own memory; what is mapped may still be write-combined.
    bool host_cached() const { return cached_; }
    /// For what moves words: both are multiples of 4, and the range lies inside.
    void assert_range(uint64_t offset, uint64_t bytes) const;

  private:
    void create();
    void release();
    VkMemoryRequirements create_handle();

    Device& device_;
    uint64_t size_;
    Memory intent_;
    std::string name_;
    VkBuffer buffer_ = VK_NULL_HANDLE;
    VkDeviceMemory memory_ = VK_NULL_HANDLE;
    uint64_t allocated_ = 0;
    std::byte* mapped_ = nullptr;
    bool cached_ = false;
};

/// Moves bytes between host and buffers, directly where mapped, else through a ring of two staging pieces so
/// that filling one overlaps copying the other. Either way each move comes after everything submitted to the
/// device before it; what is submitted later sees it.
class Transfer {
  public:
    enum class Path { direct_where_mapped, always_staged };  // the second for tests
    static constexpr uint64_t usual_piece_bytes = 4ull << 20;
    explicit Transfer(Device& device, uint64_t piece_bytes = usual_piece_bytes,
                      Path path = Path::direct_where_mapped);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Offsets and sizes are multiples of 4.
    void write(Buffer& to, uint64_t offset, std::span<const std::byte> bytes);
    /// Space for `bytes` (<= piece_bytes()) bytes that reach `to` at `offset` once `commit` is called: saves
    /// a copy when the producer can write in place. One piece is open at a time.
    std::span<std::byte> open(Buffer& to, uint64_t offset, uint64_t bytes);
    void commit();
    void read(Buffer& from, uint64_t offset, std::span<std::byte> bytes);
    void fill(Buffer& to, uint64_t offset, uint64_t bytes, uint32_t word);
    struct Copy {
        Buffer* from;
        uint64_t from_offset;
        Buffer* to;
        uint64_t to_offset, bytes;
    };
    /// One after the other, in one submission.
    void copy(std::span<const Copy> copies);
    /// Waits until everything written has arrived.
    void finish();
    uint64_t piece_bytes() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rwkvk::vk
