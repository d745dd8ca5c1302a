#pragma once
// Where the tensors of a program lie for a given number of rows. Pure: both backends and the tests use it.

#include <cstdint>
#include <functional>
#include <vector>

#include "runtime/graph/program.h"

namespace rwkvk {

struct MemoryPlan {
    uint32_t rows = 0;
    uint32_t sequences = 0;             // that kernels look at; others have no rows
    std::vector<uint64_t> offsets;      // bytes, of each activation in the arena and each table in the tables
    std::vector<uint64_t> plane_bytes;  // distance between planes
    uint64_t arena_bytes = 0;
    uint64_t tables_bytes = 0;

    uint64_t offset(const Operand& operand) const {
        return offsets[operand.tensor] + operand.plane * plane_bytes[operand.tensor];
    }
};

/// Activations share memory where their lifetimes, in phases (phases.h), do not meet, unless `keep_all`.
/// Tensors that no step uses have no place; `of_parts`: those that only parts of fused steps use have one.
/// Offsets are multiples of 256 bytes, the largest alignment that a device may ask of a storage-buffer
/// binding.
MemoryPlan plan_memory(const Program& program, uint32_t rows, bool keep_all, bool of_parts = false);

/// The step's parameters with the distances between planes, in floats, that `stride` has for its operands.
Params with_strides(const Step& step, const std::function<uint32_t(const Operand&)>& stride);

/// The step's parameters for a run of the plan's rows.
Params params_of(const MemoryPlan& plan, const Step& step);

}  // namespace rwkvk
