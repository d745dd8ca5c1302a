#include "runtime/gpu/packing.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/catalogue/block_formats.h"
#include "runtime/gpu/block_packing.h"

namespace rwkvk::gpu {
namespace {

/// The stored elements of one row.
struct Row {
    WeightFormat format;
    const std::byte* begin;
    uint64_t bytes;
};

/// Copies the part of a row that begins at `offset`, zero past the row's end.
void copy_part(const Row& row, uint64_t offset, uint64_t bytes, std::byte* to) {
    const uint64_t begin = std::min(offset, row.bytes);
    const uint64_t there = std::min(bytes, row.bytes - begin);
    std::memcpy(to, row.begin + begin, there);
    std::memset(to + there, 0, bytes - there);
}

/// Two blocks with an odd number of halves, put together so that all but their scales lies at whole words:
/// the two scales, the rest of the first, the rest of the second. A row's last block may be alone.
void join_blocks(const Row& row, uint64_t offset, uint32_t bytes, std::byte* to) {
    const uint32_t half_at =
        blocks::with_block_format(row.format, [](auto format) { return format.halves.front(); });
    constexpr uint32_t half = 2;
    for (uint32_t i = 0; i < 2; ++i) {
        std::array<std::byte, 256> block;
        copy_part(row, offset + i * bytes, bytes, block.data());
        std::byte* rest = to + 2 * half + i * (bytes - half);
        std::memcpy(to + i * half, block.data() + half_at, half);
        std::memcpy(rest, block.data(), half_at);
        std::memcpy(rest + half_at, block.data() + half_at + half, bytes - half_at - half);
    }
}

/// The device block number `index` of a row.
void copy_block(const Row& row, uint64_t index, std::byte* to) {
    const WeightInfo& stored = info(row.format);
    const DeviceBlock block = device_block(row.format);
    if (stored.block_elements > 1 && block.elements != stored.block_elements) {
        join_blocks(row, index * block.bytes, stored.block_bytes, to);
    } else {
        copy_part(row, index * block.bytes, block.bytes, to);
    }
}

void pack_row(const Row& row, uint64_t blocks, std::byte* packed) {
    const uint32_t bytes = device_block(row.format).bytes;
    for (uint64_t i = 0; i < blocks; ++i) copy_block(row, i, packed + i * bytes);
}

/// [16 bytes of a row][row], for rows past the last one zero.
void pack_tiles(std::span<const Row> rows, uint64_t vectors, std::byte* packed) {
    constexpr uint32_t bytes = 16;
    for (uint64_t v = 0; v < vectors; ++v) {
        for (uint32_t lane = 0; lane < rows_per_tile; ++lane, packed += bytes) {
            if (lane < rows.size()) {
                copy_part(rows[lane], v * bytes, bytes, packed);
            } else {
                std::memset(packed, 0, bytes);
            }
        }
    }
}

/// A row's blocks of single elements in the order in which the lanes of a team read them: first step of every
/// range, second step of every range, and so on; the last steps exist only in the longer ranges.
void pack_ranges(const Row& row, uint32_t in, std::byte* packed) {
    const DeviceBlock block = device_block(row.format);
    const uint32_t blocks_per_group = UNIT_MATRIX / block.elements;
    const uint32_t groups = (in + UNIT_MATRIX - 1) / UNIT_MATRIX;
    const uint32_t ranges = std::min(groups, 32u);
    uint64_t at = 0;
    for (uint32_t step = 0; at < uint64_t{groups} * blocks_per_group; ++step) {
        for (uint32_t r = 0; r < ranges; ++r) {
            const uint32_t begin = r * groups / ranges * blocks_per_group;
            const uint32_t end = (r + 1) * groups / ranges * blocks_per_group;
            if (begin + step < end) copy_block(row, begin + step, packed + at++ * block.bytes);
        }
    }
}

}  // namespace

void pack_tile(Packing packing, WeightFormat format, uint32_t in, uint32_t count, const std::byte* rows,
               std::byte* packed) {
    RWKVK_ASSERT(count <= rows_per_tile);
    if (packing == Packing::block_tiles || packing == Packing::block_rows)
        return pack_block_planes(packing, format, in / ROUND_GROUP, count, rows, packed);
    const uint64_t row_bytes = stored_bytes(format, in);
    const uint32_t block_elements = device_block(format).elements;
    const uint64_t blocks = (in + block_elements - 1) / block_elements;
    std::vector<Row> each;
    for (uint32_t i = 0; i < count; ++i) each.push_back({format, rows + i * row_bytes, row_bytes});
    if (packing == Packing::tiles) return pack_tiles(each, blocks, packed);
    const uint64_t packed_row = packed_bytes(packing, format, 1, in);
    for (uint32_t i = 0; i < count; ++i) {
        std::byte* to = packed + i * packed_row;
        if (packing == Packing::ranges) {
            pack_ranges(each[i], in, to);
        } else {
            pack_row(each[i], blocks, to);
        }
    }
}

}  // namespace rwkvk::gpu
