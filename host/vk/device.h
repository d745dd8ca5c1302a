#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/vk/api.h"
#include "host/vk/facts.h"
#include "host/vk/foreign.h"

namespace rwkvk::vk {

enum class Memory;

struct InstanceOptions {
    bool validation = false;  // the Khronos validation layer; every message of it counts as a failure
    static InstanceOptions from_environment();  // RWKVK_VALIDATION=1
};

/// The Vulkan loader and instance. Where Vulkan is missing or broken, `create` throws Code::no_device saying
/// what was tried. In a child after fork() it is never destroyed.
class Instance {
  public:
    static std::shared_ptr<Instance> create(
        const InstanceOptions& options = InstanceOptions::from_environment());
    /// One that somebody else made and outlives this; it lists no devices. Errors: Code::no_device where
    /// functions are missing.
    static std::shared_ptr<Instance> adopt(PFN_vkGetInstanceProcAddr get_instance_proc_addr,
                                           VkInstance instance);
    ~Instance();

    const InstanceFunctions& fn() const;
    VkInstance handle() const;
    /// Every device once (the same UUID through two drivers is listed once), unmasked facts.
    struct Candidate {
        VkPhysicalDevice handle;
        DeviceFacts facts;
    };
    const std::vector<Candidate>& devices() const;

    bool validating() const;
    /// Messages of warning severity or worse so far, and their texts (at most the first 100).
    uint64_t validation_messages() const;
    std::vector<std::string> validation_texts() const;

  private:
    struct Impl;
    explicit Instance(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// One logical device with one compute queue. Calls on a device and what belongs to it are serialised by the
/// caller, except that kernels may be created from several threads.
class Device {
  public:
    Device(std::shared_ptr<Instance> instance, const Instance::Candidate& candidate,
           DeviceFacts masked_facts);
    /// On one that somebody else made; `instance` is its own, adopted.
    Device(std::shared_ptr<Instance> instance, const ForeignDevice& foreign, DeviceFacts masked_facts);
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    const DeviceFacts& facts() const;
    const DeviceFunctions& fn() const;
    const Instance& instance() const;
    VkDevice handle() const;
    /// Used while a `lock_queue()` lives.
    VkQueue queue() const;
    uint32_t queue_family() const;
    const VkAllocationCallbacks* allocator() const;  // null: the driver's own

    class QueueLock {
      public:
        explicit QueueLock(const Device& device);
        ~QueueLock();
        QueueLock(const QueueLock&) = delete;
        QueueLock& operator=(const QueueLock&) = delete;

      private:
        const Device& device_;
    };
    QueueLock lock_queue() const { return QueueLock(*this); }
    VkPipelineCache pipeline_cache() const;
    /// Starts the pipeline cache from data of this driver (see read_pipelines); call it before kernels are
    /// made. Data that the driver refuses are dropped.
    void load_pipelines(std::span<const std::byte> data);
    /// What the driver has compiled so far, in its own form; empty where it tells nothing.
    std::vector<std::byte> pipeline_data() const;

    /// Index of a memory type for the intent that allows `type_bits`; see Memory.
    uint32_t memory_type(uint32_t type_bits, Memory intent) const;
    /// The same for a buffer like any other; nothing where there is none.
    std::optional<uint32_t> memory_type(Memory intent) const;
    const VkPhysicalDeviceMemoryProperties& memory() const;
    VkMemoryPropertyFlags memory_flags(uint32_t type) const;

    /// The bits of a timestamp that count; 0 without timestamps.
    uint64_t timestamp_mask() const;

    /// What is left of the memory for Memory::device, as far as the driver tells.
    uint64_t free_bytes() const;
    uint64_t allocated_bytes() const;  // by all live buffers
    uint64_t peak_allocated_bytes() const;
    void note_allocation(int64_t bytes);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Picks a device: "" (the best: discrete, integrated, other, software), an index in `devices()`, a UUID in
/// hex, or a part of the name, case-insensitive.
/// Errors: Code::no_device listing the devices there are.
const Instance::Candidate& choose_device(const Instance& instance, const std::string& wanted);

}  // namespace rwkvk::vk
