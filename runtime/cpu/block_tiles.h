#pragma once
// How matrices of blocks lie in memory for products: tiles of 16 rows, each made of three planes,
//   quants   [group][64 bytes for every bit of a quant]
//   numbers  [group][byte of its code (block_planes.h)][16 rows], of formats of 256 elements
//   halves   [block][scale, offset][16 rows] f16
// with groups of 32 elements in the order of their chains: those of chain 0, those of chain 1, ... The blocks
// of formats of 32 elements are groups and lie in that order, others as they are stored.
//
// The quants of a group are 8 quads of elements, [16 rows][4 bytes] each when they are bytes. Fields of
// `bits` bits lie in `bits` such vectors, of which vector v has the quads v, v + bits, v + 2 bits, ... from
// its lowest field up. The elements of a quad are in the order 0 2 1 3, so that its even and its odd bytes
// are pairs of neighbours.

#include <cstddef>
#include <cstdint>

#include "runtime/catalogue/block_planes.h"

namespace rwkvk::cpu {

inline constexpr uint32_t tile_rows = 16;
/// Which element of a quad each of its bytes is.
inline constexpr uint32_t quad_order[] = {0, 2, 1, 3};

/// Groups of chain `chain` of a row of `groups`.
[[gnu::always_inline]] constexpr uint32_t chain_length(uint32_t groups, uint32_t chain) {
    return (groups + CHAINS - 1 - chain) / CHAINS;
}

/// The planes of a tile of a format.
template <typename Format>
struct TileLayout {
    static constexpr BlockPlanes planes = block_planes<Format>();
    // Quants are put together from a field of `base` bits and one of `extra` bits above it.
    static constexpr uint32_t base = planes.low_bits, extra = planes.high_bits;
    static constexpr uint32_t parts = ROUND_GROUP / Format::group;      // with scales of their own
    static constexpr bool looks_up = Format::bias == 128 && base == 4;  // quants number entries of a table
    static constexpr bool has_numbers = planes.block_scales;
    static constexpr bool joint_minimum = planes.scale_bits == 4;  // both integers of a part are in one byte

    static constexpr uint32_t quant_bytes = 64 * (base + extra);
    static constexpr uint32_t number_bytes = has_numbers ? tile_rows * planes.code_bits / 8 : 0;
    static constexpr uint32_t half_bytes = 2 * tile_rows * static_cast<uint32_t>(Format::halves.size());

    [[gnu::always_inline]] static constexpr uint64_t numbers_at(uint32_t groups) {
        return uint64_t{groups} * quant_bytes;
    }
    [[gnu::always_inline]] static constexpr uint64_t halves_at(uint32_t groups) {
        return numbers_at(groups) + uint64_t{groups} * number_bytes;
    }
    [[gnu::always_inline]] static constexpr uint64_t bytes(uint32_t groups) {
        const uint64_t blocks = uint64_t{groups} * ROUND_GROUP / Format::elements;
        return (halves_at(groups) + blocks * half_bytes + 63) / 64 * 64;
    }
};

/// Bytes of a tile of 16 rows of `in` elements.
uint64_t tile_bytes(WeightFormat format, uint32_t in);

/// Makes a tile of `rows` <= 16 stored rows; the rest of it is zero. Shape: stored [rows][in].
void make_tile(WeightFormat format, uint32_t in, uint32_t rows, const std::byte* stored, std::byte* tile);

}  // namespace rwkvk::cpu
