#pragma once
// How kernels of `linear_blocks` want matrices of blocks. So many rows lie side by side as a tile has (TILE:
// 32, or 1), and a tile is planes one after the other, each [group][row in tile] of
//   the lower bits of a group's 32 quants, the largest power of two of them: quads of bytes of quants, as
//   many
//       quads side by side in a word as fit; quad j is in word j % low_bits at bit j / low_bits * low_bits;
//   the upper bits, if any, likewise;
//   a code, the scales (and offsets) of the group: code_bits each, side by side in words;
// and, for formats with blocks of 256, [block][row in tile] of the f16 that codes are multiplied with. Eight
// words of quants are two vectors of four: [group][2][row in tile]. shaders/block_groups.glsl reads it,
// runtime/gpu/packing.cpp writes it.

#include <bit>

#include "runtime/catalogue/block_formats.h"

namespace rwkvk {

/// Words and bits of these planes.
struct BlockPlanes {
    uint32_t low_bits, high_bits;  // of a quant, and so many words of a group
    uint32_t scale_bits;           // of a scale or offset in a code
    uint32_t code_bits;
    bool block_scales;

    uint32_t quant_words(uint32_t groups) const { return groups * (low_bits + high_bits); }
    uint32_t code_words(uint32_t groups) const { return (groups * code_bits + 31) / 32; }
    /// Of one row, in whole vectors of four.
    uint32_t row_words(uint32_t groups) const {
        const uint32_t blocks = block_scales ? (groups + 7) / 8 : 0;
        return (quant_words(groups) + code_words(groups) + blocks + 3) / 4 * 4;
    }
};

template <typename Format>
constexpr BlockPlanes block_planes(Format = {}) {
    const bool block_scales = Format::elements > ROUND_GROUP;
    const uint32_t low_bits = std::bit_floor(Format::bits);
    const uint32_t parts = ROUND_GROUP / Format::group, numbers = Format::has_offset ? 2 : 1;
    const uint32_t scale_bits = !block_scales ? 16 : parts * numbers == 4 ? 4 : 8;
    return {low_bits, Format::bits - low_bits, scale_bits, parts * numbers * scale_bits, block_scales};
}

inline BlockPlanes block_planes(WeightFormat format) {
    return blocks::with_block_format(format, [](auto f) { return block_planes(f); });
}

}  // namespace rwkvk
