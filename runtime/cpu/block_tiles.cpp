#include "runtime/cpu/block_tiles.h"

#include <array>
#include <cstring>

namespace rwkvk::cpu {
namespace {

/// The bytes of each quad in quad_order, which is its own inverse.
Quads reordered(Quads quads) {
    static_assert(quad_order[1] == 2 && quad_order[2] == 1);
    for (uint32_t& quad : quads) quad = (quad & 0xff0000ffu) | (quad & 0xff00u) << 8 | (quad >> 8 & 0xff00u);
    return quads;
}

/// Fields of `bits` bits as row `row` of their vectors.
void put_vectors(const Quads& quads, uint32_t from, uint32_t bits, uint32_t row, std::byte* vectors) {
    std::array<uint32_t, 8> words;
    put_fields(quads, from, bits, words.data());
    for (uint32_t v = 0; v < bits; ++v) std::memcpy(vectors + v * 64 + row * 4, &words[v], 4);
}

template <typename Format>
void put_quants(const BlockNumbers& block, uint32_t g, uint32_t row, std::byte* quants) {
    constexpr uint32_t base = TileLayout<Format>::base, extra = TileLayout<Format>::extra;
    const Quads quads = reordered(quads_of<Format>(block, g));
    put_vectors(quads, 0, base, row, quants);
    if constexpr (extra > 0) put_vectors(quads, base, extra, row, quants + 64 * base);
}

template <typename Format>
void put_row(const std::byte* stored, uint32_t groups, uint32_t row, std::byte* tile) {
    using Layout = TileLayout<Format>;
    for (uint32_t g = 0; g < groups; ++g) {
        const uint32_t element = g * ROUND_GROUP, number = element / Format::elements,
                       first = element % Format::elements;
        const uint64_t place = place_by_chains(groups, g);
        const BlockNumbers block{stored + uint64_t{number} * Format::bytes};
        put_quants<Format>(block, first / ROUND_GROUP, row, tile + place * Layout::quant_bytes);
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
