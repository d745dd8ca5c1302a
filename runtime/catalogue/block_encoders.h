#pragma once

#include <span>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk::blocks {

/// One block of a format that comes in blocks: scales found by a search for the least squared error, then
/// every element's nearest quant. Shapes: `values` [block_elements], finite; `block` [block_bytes].
void encode_block(WeightFormat format, std::span<const float> values, std::byte* block);

}  // namespace rwkvk::blocks
