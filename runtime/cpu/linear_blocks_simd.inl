// Products with matrices of blocks for one instruction set, included by linear_blocks_<set>.cpp, which is
// compiled for that set and defines RWKVK_BLOCKS, the name of the table of functions, before. A sum inside a
// group is an integer and the same in any order; what follows is float arithmetic lane by lane.
#include <cstring>

#include "runtime/cpu/block_tiles.h"
#include "runtime/cpu/linear_blocks.h"
#include "runtime/cpu/linear_blocks_sums.inl"

namespace rwkvk::cpu {
namespace {

// Bytes ahead at which the weights of a single row are asked for, into the second cache
// (docs/PERFORMANCE.md).
constexpr uint32_t prefetch_distance = 4096;

constexpr const uint8_t* iq4_table = blocks::iq4_values.data();

/// The entries of the table of 4-bit values that the bytes number.
inline Words look_up(Words n) {
#if defined(__AVX512BW__)
    const __m512i table = _mm512_broadcast_i32x4(load<__m128i>(iq4_table));
    return reinterpret_cast<Words>(_mm512_shuffle_epi8(table, reinterpret_cast<__m512i>(n)));
#elif defined(__AVX2__)
    const __m256i table = _mm256_broadcastsi128_si256(load<__m128i>(iq4_table));
    return reinterpret_cast<Words>(_mm256_shuffle_epi8(table, reinterpret_cast<__m256i>(n)));
#elif defined(__ARM_NEON)
    const uint8x16_t table = load<uint8x16_t>(iq4_table);
    return reinterpret_cast<Words>(vqtbl1q_u8(table, reinterpret_cast<uint8x16_t>(n)));
#else
    uint8_t bytes[sizeof n];
    std::memcpy(bytes, &n, sizeof n);
    for (uint8_t& byte : bytes) byte = iq4_table[byte];
    return load<Words>(bytes);
#endif
}

// Whether quants are multiplied as bytes whose sign bit takes their bias off.
template <typename Format>
constexpr bool signed_by_bias = signed_quants&& Format::bias == 128;

/// One group of a tile, for the `lanes` rows from lane `first` on.
template <typename Format>
struct Group {
    using Layout = TileLayout<Format>;
    const std::byte *quants, *numbers, *halves;
    uint32_t first;

    template <uint32_t bits>
    Words field(const std::byte* vectors, uint32_t quad) const {
        const Words words = load<Words>(vectors + quad % bits * 64 + first * 4);
        if constexpr (bits == 8) return words;
        return (words >> quad / bits * bits) & (((1u << bits) - 1) * 0x01010101u);
    }

    Words quad(uint32_t n) const {
        Words words = field<Layout::base>(quants, n);
        if constexpr (Layout::looks_up) words = look_up(words);
        if constexpr (Layout::extra > 0)
            words |= field<Layout::extra>(quants + 64 * Layout::base, n) << Layout::base;
        if constexpr (signed_by_bias<Format>) words ^= 0x80808080u;
        return words;
    }

    Floats half(uint32_t n) const { return load_halves(halves + (n * tile_rows + first) * 2); }

    Integers number(uint32_t n) const { return load_bytes(numbers + n * tile_rows + first); }

    Floats scale(uint32_t part) const {
        if constexpr (!Layout::has_numbers) {
            return half(0);
        } else {
            Integers n = number(part);
            if constexpr (Layout::joint_minimum) n &= 15;
            return half(0) * __builtin_convertvector(n, Floats);
        }
    }
    /// What is taken off for each unit of the row's sum.
    Floats offset(uint32_t part) const {
        if constexpr (!Layout::has_numbers) {
            return -half(1);
        } else {
            const Integers n = Layout::joint_minimum ? (number(part) >> 4) & 15 : number(1);
            return half(1) * __builtin_convertvector(n, Floats);
        }
    }
};

/// What a part of a group, whose integer sum is `product`, adds to that of the group.
template <typename Format>
inline Floats term_of(Integers product, Floats scale, const Group<Format>& group, const GroupInput& input,
                      uint32_t part) {
    Floats term = __builtin_convertvector(product, Floats) * scale;
    if constexpr (Format::has_offset) term -= input.sum[part] * group.offset(part);
    return term;
}

/// Adds a group of `Tiles` tiles, `Vectors` vectors of outputs of each, to the chains of `Rows` rows, whose
/// inputs are `stride` apart.
template <typename Format, uint32_t Rows, uint32_t Tiles, uint32_t Vectors>
inline void add_group(const Group<Format> (&groups)[Tiles][Vectors], const GroupInput* inputs,
                      uint32_t stride, Floats (&chain)[Rows][Tiles][Vectors]) {
    constexpr uint32_t parts = TileLayout<Format>::parts, quads = 8 / parts;
    // Where few sums are in flight, each would wait for its last product.
    constexpr bool apart = by_digits || Rows * Tiles * Vectors < 8;
    Floats sum[Rows][Tiles][Vectors];
#pragma GCC unroll 2
    for (uint32_t part = 0; part < parts; ++part) {
        Sums<apart> sums[Rows][Tiles][Vectors] = {};
        for (uint32_t row = 0; row < Rows; ++row) {
            for (uint32_t t = 0; t < Tiles; ++t) {
                for (uint32_t v = 0; v < Vectors; ++v)
                    sums[row][t][v].parts[0] += inputs[row * stride].start[part];
            }
        }
#pragma GCC unroll 8
        for (uint32_t n = part * quads; n < (part + 1) * quads; ++n) {
            for (uint32_t t = 0; t < Tiles; ++t) {
                for (uint32_t v = 0; v < Vectors; ++v) {
                    const Words quad = groups[t][v].quad(n);
                    for (uint32_t row = 0; row < Rows; ++row)
                        sums[row][t][v].add(quad, inputs[row * stride], n);
                }
            }
        }
        for (uint32_t t = 0; t < Tiles; ++t) {
            for (uint32_t v = 0; v < Vectors; ++v) {
                const Floats scale = groups[t][v].scale(part);
                for (uint32_t row = 0; row < Rows; ++row) {
                    const Floats term =
                        term_of(sums[row][t][v].total(), scale, groups[t][v], inputs[row * stride], part);
                    sum[row][t][v] = part == 0 ? term : sum[row][t][v] + term;
                }
            }
        }
    }
    for (uint32_t row = 0; row < Rows; ++row) {
        for (uint32_t t = 0; t < Tiles; ++t) {
            for (uint32_t v = 0; v < Vectors; ++v)
                chain[row][t][v] += sum[row][t][v] * inputs[row * stride].unit;
        }
    }
}

/// Where the halves of group g lie, which is number `place` of the row's.
template <typename Format>
inline uint64_t block_of(uint64_t place, uint32_t g) {
    constexpr uint32_t groups = Format::elements / ROUND_GROUP;
    return groups == 1 ? place : g / groups;
}

/// What of a tile of 16 rows is group `place` of a row's, in block `block`; for the rows from lane `first`
/// on.
template <typename Format>
inline Group<Format> group_at(const std::byte* tile, uint32_t groups, uint64_t place, uint64_t block,
                              uint32_t first) {
    using Layout = TileLayout<Format>;
    return {tile + place * Layout::quant_bytes,
            tile + Layout::numbers_at(groups) + place * Layout::number_bytes,
            tile + Layout::halves_at(groups) + block * Layout::half_bytes, first};
}

/// `Vectors` vectors of the outputs of `Tiles` tiles, from lane `first` of each on, for `Rows` rows. Several
/// tiles side by side are several streams of weights, which memory serves faster than one.
template <typename Format, uint32_t Rows, uint32_t Tiles, uint32_t Vectors>
void multiply(const BlockProduct& b, uint32_t first_tile, uint32_t first_row, uint32_t first) {
    using Layout = TileLayout<Format>;
    const uint64_t bytes = Layout::bytes(b.groups);
    const std::byte* tile = b.weights + first_tile * bytes;
    const GroupInput* inputs = b.inputs + uint64_t{first_row} * b.groups;
    Floats total[Rows][Tiles][Vectors] = {};
    uint64_t place = 0;
    for (uint32_t c = 0; c < CHAINS; ++c) {
        Floats chain[Rows][Tiles][Vectors] = {};
        const uint32_t length = chain_length(b.groups, c);
        for (uint32_t i = 0; i < length; ++i, ++place) {
            const uint64_t block = block_of<Format>(place, c + i * CHAINS);
            Group<Format> groups[Tiles][Vectors];
            for (uint32_t t = 0; t < Tiles; ++t) {
                for (uint32_t v = 0; v < Vectors; ++v)
                    groups[t][v] =
                        group_at<Format>(tile + t * bytes, b.groups, place, block, first + v * lanes);
                if constexpr (Rows == 1) {
                    for (uint32_t line = 0; line < Layout::quant_bytes; line += 64)
                        __builtin_prefetch(groups[t][0].quants + prefetch_distance + line, 0, 2);
                }
            }
            add_group<Format, Rows, Tiles, Vectors>(groups, inputs, b.groups, chain);
            ++inputs;
        }
        for (uint32_t row = 0; row < Rows; ++row) {
            for (uint32_t t = 0; t < Tiles; ++t) {
                for (uint32_t v = 0; v < Vectors; ++v) total[row][t][v] += chain[row][t][v];
            }
        }
    }
    for (uint32_t row = 0; row < Rows; ++row) {
        for (uint32_t t = 0; t < Tiles; ++t) {
            std::memcpy(b.totals + (uint64_t{first_row + row} * b.tiles + first_tile + t) * tile_rows + first,
                        total[row][t], sizeof total[row][t]);
        }
    }
}

}  // namespace
}  // namespace rwkvk::cpu

#if defined(__AMX_INT8__)
#include "runtime/cpu/linear_blocks_amx.inl"
#endif

namespace rwkvk::cpu {
namespace {

template <typename Format>
void multiply_all(const BlockProduct& b) {
    constexpr uint32_t vectors = tile_rows / lanes;
    constexpr uint32_t rows_at_once = lanes == 16 ? 8 : 4, tiles_at_once = lanes / 4;  // in registers
    uint32_t row = 0;
#if defined(__AMX_INT8__)
    multiply_by_tiles<Format>(b, row);
#endif
    for (; row + rows_at_once <= b.rows; row += rows_at_once) {
        for (uint32_t tile = 0; tile < b.tiles; ++tile) {
            for (uint32_t v = 0; v < vectors; ++v)
                multiply<Format, rows_at_once, 1, 1>(b, tile, row, v * lanes);
        }
    }
    for (; row < b.rows; ++row) {
        uint32_t tile = 0;
        for (; tile + tiles_at_once <= b.tiles; tile += tiles_at_once)
            multiply<Format, 1, tiles_at_once, vectors>(b, tile, row, 0);
        for (; tile < b.tiles; ++tile) multiply<Format, 1, 1, vectors>(b, tile, row, 0);
    }
}

/// The numbers of a group as products want them.
inline void put_multiples(const int16_t* multiples, int8_t* q) {
    if constexpr (by_digits) {
        for (uint32_t i = 0; i < ROUND_GROUP; ++i) {
            const int32_t multiple = multiples[i / 4 * 4 + quad_order[i % 4]];
            const auto low = static_cast<int8_t>(multiple);
            q[i] = low;
            q[ROUND_GROUP + i] = static_cast<int8_t>((multiple - low) >> 8);
        }
    } else {
        std::memcpy(q, multiples, ROUND_GROUP * sizeof *multiples);
    }
}

/// The multiples of the unit that the values of a group are, and their sums.
template <typename Format>
void prepare_group(const float* values, const float* facts, GroupInput& input) {
    constexpr uint32_t parts = TileLayout<Format>::parts;
    const float unit = facts[3];
    uint32_t unit_bits;
    std::memcpy(&unit_bits, &unit, sizeof unit);
    const uint32_t per_unit_bits = 0x7f000000u - unit_bits;
    float per_unit;
    std::memcpy(&per_unit, &per_unit_bits, sizeof per_unit);
    int16_t multiples[ROUND_GROUP];
    for (uint32_t i = 0; i < ROUND_GROUP; i += lanes) {
        // Adding 1.5 * 2^23 leaves the whole number in the low bits, whatever the float is.
        const Words shifted = reinterpret_cast<Words>(load<Floats>(values + i) * per_unit + 12582912.0f);
        const Halves q = __builtin_convertvector(shifted, Halves);
        std::memcpy(multiples + i, &q, sizeof q);
    }
    put_multiples(multiples, input.q);
    const float sums[2] = {parts == 1 ? facts[2] : facts[0], facts[1]};
    for (uint32_t part = 0; part < 2; ++part) {
        input.sum[part] = sums[part] * per_unit;
        const float shifted = input.sum[part] + 12582912.0f;
        uint32_t bits;
        std::memcpy(&bits, &shifted, sizeof bits);
        constexpr uint32_t bias = signed_by_bias<Format> ? 0 : Format::bias;
        input.start[part] = static_cast<int32_t>((0x4b400000u - bits) * bias);
    }
    input.unit = unit;
}

template <typename Format>
void prepare_row(const float* row, uint32_t groups, GroupInput* inputs) {
    const float* facts = row + uint64_t{groups} * ROUND_GROUP;
    for (uint32_t chain = 0; chain < CHAINS; ++chain) {
        for (uint32_t g = chain; g < groups; g += CHAINS)
            prepare_group<Format>(row + uint64_t{g} * ROUND_GROUP, facts + uint64_t{g} * ROUND_FACTS,
                                  *inputs++);
    }
}

void prepare_any(WeightFormat format, const float* row, uint32_t groups, GroupInput* inputs) {
    blocks::with_block_format(format, [&](auto f) { prepare_row<decltype(f)>(row, groups, inputs); });
}

void multiply_any(const BlockProduct& product) {
    blocks::with_block_format(product.format, [&](auto f) { multiply_all<decltype(f)>(product); });
}

}  // namespace

const BlockFunctions RWKVK_BLOCKS = {prepare_any, multiply_any};

}  // namespace rwkvk::cpu
