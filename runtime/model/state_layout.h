#pragma once
// How the elements of a state lie in files and in the border, and on devices.

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/graph/program.h"

namespace rwkvk {

/// Each of `heads` matrices [size, size] with rows and columns exchanged.
std::vector<float> transpose_heads(uint32_t heads, uint32_t size, std::span<const float> values);
/// Canonical layout to or from the device's: [head][i][j] and [head][j][i] are each other's transpose.
std::vector<float> transpose_state(const StateRequest& state, std::span<const float> values);

}  // namespace rwkvk
