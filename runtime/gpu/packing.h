#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/catalogue/select.h"

namespace rwkvk::gpu {

/// Rows that are packed together: whole tiles of every packing.
inline constexpr uint32_t rows_per_tile = 32;

/// Packs stored rows the way a kernel reads them. Shapes: `rows` [count][in] stored elements, row-major, at
/// most rows_per_tile of them; `packed` holds packed_bytes(packing, format, count, in). Padding becomes zero.
void pack_tile(Packing packing, WeightFormat format, uint32_t in, uint32_t count, const std::byte* rows,
               std::byte* packed);

}  // namespace rwkvk::gpu
