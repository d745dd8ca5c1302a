#pragma once

#include "runtime/catalogue/select.h"

namespace rwkvk::gpu {

/// As pack_tile, for the packings of block_planes.h.
void pack_block_planes(Packing packing, WeightFormat format, uint32_t groups, uint32_t count,
                       const std::byte* rows, std::byte* packed);

}  // namespace rwkvk::gpu
