#include "runtime/gpu/block_packing.h"

#include <cstring>
#include <span>

#include "runtime/catalogue/block_planes.h"

namespace rwkvk::gpu {
namespace {

uint32_t stored_half(const std::byte* block, uint32_t at) {
    uint16_t half;
    std::memcpy(&half, block + at, sizeof half);
    return half;
}

/// The f16 of a block, side by side.
template <typename Format>
uint32_t halves_of(const std::byte* block) {
    uint32_t word = 0;
    for (size_t i = 0; i < Format::halves.size(); ++i)
        word |= stored_half(block, Format::halves[i]) << 16 * i;
    return word;
}

/// The words of a group's quants: those of the lower bits, then those of the upper bits.
template <typename Format>
void gather_quants(const BlockNumbers& block, uint32_t first, uint32_t* words) {
    constexpr BlockPlanes planes = block_planes<Format>();
    const auto place = [](uint32_t e, uint32_t bits, uint32_t number, uint32_t* plane) {
        const uint32_t quad = e / 4, byte = e % 4;
        plane[quad % bits] |= number << (8 * byte + quad / bits * bits);
    };
    for (uint32_t e = 0; e < ROUND_GROUP; ++e) {
        const uint32_t quant = Format::quant(block, first + e);
        place(e, planes.low_bits, quant & ((1u << planes.low_bits) - 1), words);
        if constexpr (planes.high_bits > 0)
            place(e, planes.high_bits, quant >> planes.low_bits, words + planes.low_bits);
    }
}

/// One row, as `lane` of its tile.
template <typename Format>
void pack_row(Packing packing, uint32_t groups, const std::byte* row, uint32_t lane, uint32_t* tile) {
    constexpr BlockPlanes planes = block_planes<Format>();
    const uint32_t rows = tile_rows(packing);
    // Words of a plane lie side by side up to four.
    const auto put = [&](uint32_t* plane, uint32_t per_group, uint32_t group, const uint32_t* words) {
        const uint32_t side_by_side = std::min(per_group, 4u);
        for (uint32_t i = 0; i < per_group; ++i) {
            const uint32_t vector = (group * per_group + i) / side_by_side;
            plane[(vector * rows + lane) * side_by_side + i % side_by_side] = words[i];
        }
    };
    uint32_t* const high = tile + groups * planes.low_bits * rows;
    uint32_t* const codes = tile + planes.quant_words(groups) * rows;
    uint32_t* const blocks = codes + planes.code_words(groups) * rows;
    constexpr uint32_t codes_per_word = 32 / planes.code_bits;
    for (uint32_t g = 0; g < groups; ++g) {
        const uint32_t element = g * ROUND_GROUP, first = element % Format::elements;
        const BlockNumbers block{row + element / Format::elements * Format::bytes};
        const uint32_t place = packing == Packing::block_rows ? g : place_by_chains(groups, g);
        uint32_t words[8] = {};
        gather_quants<Format>(block, first, words);
        put(tile, planes.low_bits, place, words);
        if (planes.high_bits > 0) put(high, planes.high_bits, place, words + planes.low_bits);
        const uint32_t code =
            planes.block_scales ? code_of<Format>(block, first) : halves_of<Format>(block.block);
        codes[place / codes_per_word * rows + lane] |= code << place % codes_per_word * planes.code_bits;
        if (planes.block_scales && first == 0)
            blocks[element / Format::elements * rows + lane] = halves_of<Format>(block.block);
    }
}

}  // namespace

void pack_block_planes(Packing packing, WeightFormat format, uint32_t groups, uint32_t count,
                       const std::byte* rows, std::byte* packed) {
    std::memset(packed, 0, packed_bytes(packing, format, count, groups * ROUND_GROUP));
    const uint64_t row_bytes = stored_bytes(format, uint64_t{groups} * ROUND_GROUP);
    const uint32_t row_words = block_planes(format).row_words(groups);
    blocks::with_block_format(format, [&](auto f) {
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t lane = i % tile_rows(packing);
            uint32_t* const tile = reinterpret_cast<uint32_t*>(packed) + uint64_t{i - lane} * row_words;
            pack_row<decltype(f)>(packing, groups, rows + i * row_bytes, lane, tile);
        }
    });
}

}  // namespace rwkvk::gpu
