#pragma once
// The tables of runs on a device: the host writes them, kernels read them from the device's own memory.

#include <array>
#include <memory>

#include "host/vk/buffer.h"
#include "host/vk/recorder.h"
#include "runtime/graph/backend.h"

namespace rwkvk::gpu {

class DeviceTables {
  public:
    /// For so many bytes of tables of the body and of the head, at most. Each has a place of its own, so that
    /// the tables of one can be written while the other runs.
    DeviceTables(vk::Device& device, std::array<uint64_t, 2> bytes);

    /// Where a table lies for kernels. Its bytes: [rows, width] of 4-byte elements.
    vk::Binding place(Part part, const MemoryPlan& plan, const Operand& operand, uint64_t bytes) const;

    /// Nothing that reads the part's tables may be under way. Padding rows get the id 0, no shift entries and
    /// no sequence: they compute, and nothing reads them.
    void write(Part part, const Program& program, const MemoryPlan& plan, const RunTables& tables);

    /// What was written reaches the device where memory of its own is out of the host's reach: by the
    /// commands of a run, or at once.
    void record(vk::Recorder& recorder, Part part, const MemoryPlan& plan);
    void send(vk::Transfer& transfer, Part part, const MemoryPlan& plan);

  private:
    uint64_t base(Part part) const { return part == Part::body ? 0 : head_at_; }

    uint64_t head_at_;
    std::unique_ptr<vk::Buffer> on_device_, staging_;  // null: the host writes the first
};

}  // namespace rwkvk::gpu
