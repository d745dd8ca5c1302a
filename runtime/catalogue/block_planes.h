#pragma once
// How kernels of `linear_blocks` want matrices of blocks. So many rows lie side by side as a tile has (TILE:
// 32, or 1), and a tile is planes one after the other, each [group][row in tile] of
//   the lower bits of a group's 32 quants, the largest power of two of them: quads of bytes of quants, as
//   many side by side in a word as fit; quad j is in word j % low_bits at bit j / low_bits * low_bits;
//   the upper bits, if any, likewise;
//   a code, the scales (and offsets) of the group: code_bits each, side by side in words;
// and, for formats with blocks of 256, [block][row in tile] of the f16 that codes are multiplied with. Eight
// words of quants are two vectors of four: [group][2][row in tile]. shaders/block_groups.glsl reads it,
// runtime/gpu/block_packing.cpp writes it. The CPU's tiles (runtime/cpu/block_tiles.h) hold the same numbers.

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

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

/// A stored block as the numbers that it is made of: what scales multiply counts 1, and values that are
/// looked up are their numbers.
struct BlockNumbers : blocks::OneRow {
    float half(uint32_t) const { return 1.0f; }
    uint32_t lookup(uint32_t n) const { return n; }
};

/// The scales and offsets of the group that element `first` of a block of 256 begins, side by side.
template <typename Format>
uint32_t code_of(const BlockNumbers& block, uint32_t first) {
    constexpr BlockPlanes planes = block_planes<Format>();
    uint32_t code = 0, shift = 0;
    const auto add = [&](float number) {
        code |= (static_cast<uint32_t>(static_cast<int32_t>(number)) & ((1u << planes.scale_bits) - 1))
                << shift;
        shift += planes.scale_bits;
    };
    for (uint32_t e = first; e < first + ROUND_GROUP; e += Format::group) {
        add(Format::scale(block, e));
        if constexpr (Format::has_offset) add(Format::offset(block, e));
    }
    return code;
}

/// Eight quads of bytes: what a group of 32 elements is made of, with one number for each.
using Quads = std::array<uint32_t, ROUND_GROUP / 4>;

/// The quants of a group of a block of 256, or of 32, whose first element is number 32 `g` of the block.
template <typename Format>
Quads quads_of(const BlockNumbers& block, uint32_t g) {
    Quads quads{};
    // Unrolled, so that of each place all but g is known: several times faster.
    [&]<uint32_t... e>(std::integer_sequence<uint32_t, e...>) {
        ((quads[e / 4] |= Format::quant(block, g * ROUND_GROUP + e) << 8 * (e % 4)), ...);
    }(std::make_integer_sequence<uint32_t, ROUND_GROUP>{});
    return quads;
}

/// `bits` bits of each byte, from bit `from` on, as many quads side by side in a word as fit: quad j in word
/// j % bits at bit j / bits * bits.
inline void put_fields(const Quads& quads, uint32_t from, uint32_t bits, uint32_t* words) {
    const uint32_t mask = ((1u << bits) - 1) * 0x01010101u;
    std::fill_n(words, bits, 0u);
    for (uint32_t j = 0; j < quads.size(); ++j)
        words[j % bits] |= (quads[j] >> from & mask) << j / bits * bits;
}

/// Which of a row's groups group g is, those of chain 0 before those of chain 1 and so on.
inline uint32_t place_by_chains(uint32_t groups, uint32_t g) {
    const uint32_t chain = g % CHAINS;
    return chain * (groups / CHAINS) + std::min(chain, groups % CHAINS) + g / CHAINS;
}

inline BlockPlanes block_planes(WeightFormat format) {
    return blocks::with_block_format(format, [](auto f) { return block_planes(f); });
}

}  // namespace rwkvk
