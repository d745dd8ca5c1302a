#include "runtime/gpu/packing.h"

#include <algorithm>
#include <cstring>

namespace rwkvk::gpu {
namespace {

constexpr uint64_t block_bytes = 16;

/// Copies one block of a row, zero past the row's end.
void copy_block(const std::byte* row, uint64_t row_bytes, uint64_t block, std::byte* to) {
    const uint64_t begin = std::min(block * block_bytes, row_bytes);
    const uint64_t bytes = std::min(block_bytes, row_bytes - begin);
    std::memcpy(to, row + begin, bytes);
    std::memset(to + bytes, 0, block_bytes - bytes);
}

void pack_rows(uint64_t row_bytes, uint32_t count, const std::byte* rows, std::byte* packed) {
    const uint64_t padded = (row_bytes + 3) / 4 * 4;
    for (uint32_t row = 0; row < count; ++row) {
        std::memcpy(packed + row * padded, rows + row * row_bytes, row_bytes);
        std::memset(packed + row * padded + row_bytes, 0, padded - row_bytes);
    }
}

void pack_tiles(uint64_t row_bytes, uint32_t count, const std::byte* rows, std::byte* packed) {
    const uint64_t blocks = (row_bytes + block_bytes - 1) / block_bytes;
    for (uint64_t block = 0; block < blocks; ++block) {
        for (uint32_t lane = 0; lane < rows_per_tile; ++lane) {
            std::byte* to = packed + (block * rows_per_tile + lane) * block_bytes;
            if (lane < count) {
                copy_block(rows + lane * row_bytes, row_bytes, block, to);
            } else {
                std::memset(to, 0, block_bytes);
            }
        }
    }
}

/// A row's blocks in the order in which the lanes of a team read them: first step of every range, second step
/// of every range, and so on; the last steps exist only in the longer ranges.
void pack_ranges(uint64_t row_bytes, uint32_t in, uint32_t blocks_per_group, const std::byte* row,
                 std::byte* packed) {
    const uint32_t groups = (in + UNIT_MATRIX - 1) / UNIT_MATRIX;
    const uint32_t ranges = std::min(groups, 32u);
    uint64_t at = 0;
    for (uint32_t step = 0; at < uint64_t{groups} * blocks_per_group; ++step) {
        for (uint32_t r = 0; r < ranges; ++r) {
            const uint32_t begin = r * groups / ranges * blocks_per_group;
            const uint32_t end = (r + 1) * groups / ranges * blocks_per_group;
            if (begin + step < end) copy_block(row, row_bytes, begin + step, packed + at++ * block_bytes);
        }
    }
}

}  // namespace

void pack_tile(Packing packing, WeightFormat format, uint32_t in, uint32_t count, const std::byte* rows,
               std::byte* packed) {
    const uint64_t row_bytes = stored_bytes(format, in);
    switch (packing) {
        case Packing::rows:
            return pack_rows(row_bytes, count, rows, packed);
        case Packing::tiles:
            return pack_tiles(row_bytes, count, rows, packed);
        case Packing::ranges: {
            const auto blocks_per_group =
                static_cast<uint32_t>(stored_bytes(format, UNIT_MATRIX) / block_bytes);
            const uint64_t packed_row = packed_bytes(packing, format, 1, in);
            for (uint32_t row = 0; row < count; ++row) {
                pack_ranges(row_bytes, in, blocks_per_group, rows + row * row_bytes,
                            packed + row * packed_row);
            }
        }
    }
}

}  // namespace rwkvk::gpu
