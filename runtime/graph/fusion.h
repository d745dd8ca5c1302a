#pragma once
// Steps that a device does in one dispatch. Every result has the bits of the plain program's.

#include <cstdint>

#include "runtime/graph/backend.h"

namespace rwkvk {

/// What the device's kernels for fused steps can do.
struct FusionLimits {
    uint32_t largest_head;  // channels
};

/// The programs with steps that can be one in one; what the rest of them, tensors, states and names are is as
/// before, but for tensors that come after those there were.
ModelPrograms fused(const ModelPrograms& programs, const FusionLimits& limits);

}  // namespace rwkvk
