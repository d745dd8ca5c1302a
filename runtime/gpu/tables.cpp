#include "runtime/gpu/tables.h"

#include <algorithm>

#include "host/vk/device.h"

namespace rwkvk::gpu {

DeviceTables::DeviceTables(vk::Device& device, std::array<uint64_t, 2> bytes) : head_at_(bytes[0]) {
    const uint64_t all = std::max<uint64_t>(bytes[0] + bytes[1], 4);
    on_device_ = std::make_unique<vk::Buffer>(device, all, vk::Memory::device, "tables");
    if (!on_device_->mapped())
        staging_ = std::make_unique<vk::Buffer>(device, all, vk::Memory::upload, "tables of the host");
}

vk::Binding DeviceTables::place(Part part, const MemoryPlan& plan, const Operand& operand,
                                uint64_t bytes) const {
    return {on_device_.get(), base(part) + plan.offset(operand), bytes};
}

void DeviceTables::write(Part part, const Program& program, const MemoryPlan& plan, const RunTables& tables) {
    std::byte* const memory = (staging_ ? staging_ : on_device_)->mapped() + base(part);
    for (const auto& [name, words] : tables.tables) {
        const int64_t found = find_tensor(program, name);
        if (found < 0) continue;
        const auto tensor = static_cast<size_t>(found);
        const uint64_t width = program.tensors[tensor].width;
        RWKVK_ASSERT(words.size() == tables.rows * width);
        auto* to = reinterpret_cast<uint32_t*>(memory + plan.offsets[tensor]);
        std::copy(words.begin(), words.end(), to);
        std::fill(to + words.size(), to + plan.rows * width, name == tables::shifts ? NONE : 0);
    }
}

void DeviceTables::record(vk::Recorder& recorder, Part part, const MemoryPlan& plan) {
    if (staging_) recorder.copy(*staging_, base(part), *on_device_, base(part), plan.tables_bytes);
}

void DeviceTables::send(vk::Transfer& transfer, Part part, const MemoryPlan& plan) {
    if (!staging_ || plan.tables_bytes == 0) return;
    const vk::Transfer::Copy all{staging_.get(), base(part), on_device_.get(), base(part), plan.tables_bytes};
    transfer.copy({&all, 1});
}

}  // namespace rwkvk::gpu
