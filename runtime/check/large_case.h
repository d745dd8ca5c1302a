#pragma once
// Cases as wide as the layers of large models: what small ones cannot show of a kernel.

#include <optional>
#include <vector>

#include "host/vk/facts.h"
#include "runtime/check/op_case.h"

namespace rwkvk::check {

/// Without a format, norms of 4096; with one, a row times a matrix of 16384 columns and `outs` outputs. None
/// for other ops.
std::vector<OpCase> large_cases(Op op, std::optional<WeightFormat> format, uint32_t outs);

/// Outputs of such a product: as many as models have, within 64 MiB; a few on software devices, which are
/// slow.
uint32_t large_outs(const vk::DeviceFacts& facts, std::optional<WeightFormat> format);

}  // namespace rwkvk::check
