#include "runtime/cpu/block_tiles.h"

#include <cstring>

namespace rwkvk::cpu {
namespace {

/// A block whose halves are all one, so that its scales are the integers in them.
struct IntegersOnly : blocks::OneRow {
    float half(uint32_t) const { return 1.0f; }
};

/// Where a byte of an element of row `row` lies in a vector of a quad.
uint32_t byte_in_vector(uint32_t row, uint32_t element) {
    constexpr uint32_t order[] = {0, 2, 1, 3};
    return row * 4 + order[element % 4];
}

/// Puts an element's field of `bits` bits into its vector.
void put_field(std::byte* vectors, uint32_t bits, uint32_t row, uint32_t element, uint32_t field) {
    const uint32_t quad = element / 4;
    vectors[quad % bits * 64 + byte_in_vector(row, element)] |=
        static_cast<std::byte>(field << quad / bits * bits);
}

/// The number of an entry of the table of 4-bit values.
uint32_t entry_of(uint32_t value) {
    uint32_t n = 0;
    while (blocks::iq4_values[n] != value) ++n;
    return n;
}

template <typename Format>
void put_quants(const blocks::OneRow& block, uint32_t first, uint32_t row, std::byte* quants) {
    using Layout = TileLayout<Format>;
    constexpr uint32_t base = Layout::base, extra = Layout::extra;
    for (uint32_t e = 0; e < ROUND_GROUP; ++e) {
        uint32_t quant = Format::quant(block, first + e);
        if constexpr (Layout::looks_up) quant = entry_of(quant);
        put_field(quants, base, row, e, quant & ((1u << base) - 1));
        if constexpr (extra > 0) put_field(quants + 64 * base, extra, row, e, quant >> base);
    }
}

template <typename Format>
void put_numbers(const std::byte* stored_block, uint32_t first, uint32_t row, std::byte* numbers) {
    using Layout = TileLayout<Format>;
    const IntegersOnly block{{stored_block}};
    for (uint32_t part = 0; part < Layout::parts; ++part) {
        const uint32_t e = first + part * Format::group;
        auto number = static_cast<int32_t>(Format::scale(block, e));
        if constexpr (Layout::has_minimum) {
            const auto minimum = static_cast<int32_t>(Format::offset(block, e));
            if constexpr (Layout::joint_minimum) {
                number |= minimum << 4;
            } else {
                numbers[tile_rows + row] = static_cast<std::byte>(minimum);
            }
        }
        numbers[part * tile_rows + row] = static_cast<std::byte>(number);
    }
}

template <typename Format>
void put_row(const std::byte* stored, uint32_t groups, uint32_t row, std::byte* tile) {
    using Layout = TileLayout<Format>;
    std::byte* halves = tile + Layout::halves_at(groups);
    uint32_t place = 0;
    for (uint32_t chain = 0; chain < CHAINS; ++chain) {
        for (uint32_t g = chain; g < groups; g += CHAINS, ++place) {
            const uint32_t number = g * ROUND_GROUP / Format::elements,
                           first = g * ROUND_GROUP % Format::elements;
            const std::byte* block = stored + uint64_t{number} * Format::bytes;
            put_quants<Format>({block}, first, row, tile + uint64_t{place} * Layout::quant_bytes);
            if constexpr (Layout::has_numbers) {
                std::byte* numbers =
                    tile + Layout::numbers_at(groups) + uint64_t{place} * Layout::number_bytes;
                put_numbers<Format>(block, first, row, numbers);
            }
            std::byte* of_block =
                halves + uint64_t{Layout::has_numbers ? number : place} * Layout::half_bytes;
            for (size_t h = 0; h < Format::halves.size(); ++h)
                std::memcpy(of_block + (h * tile_rows + row) * 2, block + Format::halves[h], 2);
        }
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
