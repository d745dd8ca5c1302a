#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/vk/api.h"

namespace rwkvk::vk {

class Buffer;
class Device;
class Kernel;

enum class Access { read, write, update };

struct Binding {
    Buffer* buffer = nullptr;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    Access access = Access::read;
};

/// Byte ranges touched since the last barrier; decides when the next one is due. Pure, tested without a
/// device.
class HazardTracker {
  public:
    /// Whether `uses` must wait for something recorded earlier: read after write, write after write or write
    /// after read on overlapping bytes of one buffer.
    bool conflicts(std::span<const Binding> uses) const;
    void add(std::span<const Binding> uses);
    void clear();

  private:
    struct Range {
        const Buffer* buffer;
        uint64_t begin, end;
    };
    std::vector<Range> reads_, writes_;
};

/// Where command buffers and their descriptor sets come from. Recordings that are made and dropped together
/// share one: a pool each would cost time and memory on the device.
class CommandPools {
  public:
    explicit CommandPools(Device& device);
    ~CommandPools();
    CommandPools(const CommandPools&) = delete;
    CommandPools& operator=(const CommandPools&) = delete;

  private:
    friend class Commands;
    friend class Recorder;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A finished command buffer with its descriptor sets; can be submitted any number of times, each after the
/// last run has completed, unless it was recorded to be `queued`. Its buffers and kernels must outlive its
/// last run, and it must not go before that run has completed.
class Commands {
  public:
    ~Commands();
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;

    VkCommandBuffer handle() const;
    uint32_t dispatches() const;
    /// Barriers in it: the opening one and those between its dispatches, without the one for the host at the
    /// end.
    uint32_t barriers() const;
    /// Nanoseconds between begin and end of the last run, once it has completed; 0 without timestamps.
    uint64_t elapsed_ns() const;

  private:
    friend class Recorder;
    friend class Timeline;
    struct Impl;
    explicit Commands(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Records dispatches. The only place that emits barriers: they follow from what each dispatch says it reads
/// and writes. A command buffer starts with a barrier against everything submitted before it and ends with
/// one that makes its writes visible to the host.
class Recorder {
  public:
    struct Options {
        bool timestamps = false;
        bool queued = false;        // to be submitted again while it runs
        int64_t drop_barrier = -1;  // for tests: leaves out the barrier with this number (0: the opening one)
        std::shared_ptr<CommandPools> pools = nullptr;  // null: its own
    };
    explicit Recorder(Device& device);
    Recorder(Device& device, const Options& options);
    ~Recorder();

    /// One binding per storage buffer of the kernel, in order; `push` exactly the kernel's push-constant
    /// bytes. Read-only bindings of the module must be Access::read. `groups` within the device's limits.
    void dispatch(const Kernel& kernel, std::span<const Binding> bindings, std::span<const std::byte> push,
                  std::array<uint32_t, 3> groups);
    void copy(Buffer& from, uint64_t from_offset, Buffer& to, uint64_t to_offset, uint64_t bytes);
    void fill(Buffer& to, uint64_t offset, uint64_t bytes, uint32_t word);

    uint32_t dispatches() const;
    std::unique_ptr<Commands> finish();

  private:
    void barrier_if_needed(std::span<const Binding> uses);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Submits in order and waits, with a timeline semaphore where present and fences elsewhere.
class Timeline {
  public:
    explicit Timeline(Device& device);
    ~Timeline();
    Timeline(const Timeline&) = delete;
    Timeline& operator=(const Timeline&) = delete;

    /// Returns a ticket; later tickets are larger. Several run one after the other. Errors:
    /// Code::device_lost.
    uint64_t submit(std::span<const Commands* const> commands);
    uint64_t submit(const Commands& commands);
    /// Returns when the ticket's work and all before it has completed. Errors: Code::device_lost.
    void wait(uint64_t ticket);
    /// Submits, waits and returns how many seconds the run took: the device's where it was recorded with
    /// timestamps and the device has them, else the host's. Errors: Code::device_lost.
    double run_timed(const Commands& commands);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rwkvk::vk
