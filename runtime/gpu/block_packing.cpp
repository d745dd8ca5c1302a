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
        const Quads quads = quads_of<Format>(block, first / ROUND_GROUP);
        uint32_t words[8];
        put_fields(quads, 0, planes.low_bits, words);
        put(tile, planes.low_bits, place, words);
        if constexpr (planes.high_bits > 0) {
            put_fields(quads, planes.low_bits, planes.high_bits, words);
            put(high, planes.high_bits, place, words);
        }
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
