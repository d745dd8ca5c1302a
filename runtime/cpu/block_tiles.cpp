#include "runtime/cpu/block_tiles.h"

#include <cstring>

namespace rwkvk::cpu {
namespace {

/// Where a byte of an element of row `row` lies in a vector of a quad.
uint32_t byte_in_vector(uint32_t row, uint32_t element) {
    return row * 4 + quad_order[element % 4];  // which is its own inverse
}

/// Puts an element's field of `bits` bits into its vector.
void put_field(std::byte* vectors, uint32_t bits, uint32_t row, uint32_t element, uint32_t field) {
    const uint32_t quad = element / 4;
    vectors[quad % bits * 64 + byte_in_vector(row, element)] |=
        static_cast<std::byte>(field << quad / bits * bits);
}

template <typename Format>
void put_quants(const BlockNumbers& block, uint32_t first, uint32_t row, std::byte* quants) {
    constexpr uint32_t base = TileLayout<Format>::base, extra = TileLayout<Format>::extra;
    for (uint32_t e = 0; e < ROUND_GROUP; ++e) {
        const uint32_t quant = Format::quant(block, first + e);
        put_field(quants, base, row, e, quant & ((1u << base) - 1));
        if constexpr (extra > 0) put_field(quants + 64 * base, extra, row, e, quant >> base);
    }
}

template <typename Format>
void put_row(const std::byte* stored, uint32_t groups, uint32_t row, std::byte* tile) {
    using Layout = TileLayout<Format>;
    for (uint32_t g = 0; g < groups; ++g) {
        const uint32_t element = g * ROUND_GROUP, number = element / Format::elements,
                       first = element % Format::elements;
        const uint64_t place = place_by_chains(groups, g);
        const BlockNumbers block{stored + uint64_t{number} * Format::bytes};
        put_quants<Format>(block, first, row, tile + place * Layout::quant_bytes);
        if constexpr (Layout::has_numbers) {
            std::byte* numbers = tile + Layout::numbers_at(groups) + place * Layout::number_bytes + row;
            const uint32_t code = code_of<Format>(block, first);
            for (uint32_t i = 0; i < Layout::number_bytes / tile_rows; ++i)
                numbers[i * tile_rows] = static_cast<std::byte>(code >> 8 * i);
        }
        std::byte* halves =
            tile + Layout::halves_at(groups) + (Layout::has_numbers ? number : place) * Layout::half_bytes;
        for (size_t h = 0; h < Format::halves.size(); ++h)
            std::memcpy(halves + (h * tile_rows + row) * 2, block.block + Format::halves[h], 2);
    }
}

}  // namespace

uint64_t tile_bytes(WeightFormat format, uint32_t in) {
    return blocks::with_block_format(
        format, [&](auto f) { return TileLayout<decltype(f)>::bytes(in / ROUND_GROUP); });
}

void make_tile(WeightFormat format, uint32_t in, uint32_t rows, const std::byte* stored, std::byte* tile) {
    RWKVK_ASSERT(rows <= tile_rows);
    std::memset(tile, 0, tile_bytes(format, in));
    const uint64_t row_bytes = stored_bytes(format, in);
    blocks::with_block_format(format, [&](auto f) {
        for (uint32_t row = 0; row < rows; ++row)
            put_row<decltype(f)>(stored + row * row_bytes, in / ROUND_GROUP, row, tile);
    });
}

}  // namespace rwkvk::cpu
