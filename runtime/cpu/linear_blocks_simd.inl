// Products with matrices of blocks for one instruction set, included by linear_blocks_<set>.cpp, which is
// compiled for that set and defines RWKVK_BLOCKS, the name of the table of functions, before. A sum inside a
// group is an integer and the same in any order; what follows is float arithmetic lane by lane.
#include <cstring>

#include "runtime/cpu/block_tiles.h"
#include "runtime/cpu/linear_blocks.h"
#include "runtime/cpu/vectors.inl"

namespace rwkvk::cpu {
namespace {

// Bytes ahead at which the weights of a single row are asked for. What lies 4 to 16 KiB ahead is about as
// good.
constexpr uint32_t prefetch_distance = 8192;

/// acc + the products of the 16-bit pairs of every lane.
inline Integers dot(Integers acc, Words w, Words q) {
#if defined(__AVX512VNNI__)
    return reinterpret_cast<Integers>(_mm512_dpwssd_epi32(
        reinterpret_cast<__m512i>(acc), reinterpret_cast<__m512i>(w), reinterpret_cast<__m512i>(q)));
#elif defined(__AVX512BW__)
    return acc + reinterpret_cast<Integers>(
                     _mm512_madd_epi16(reinterpret_cast<__m512i>(w), reinterpret_cast<__m512i>(q)));
#elif defined(__AVX2__)
    return acc + reinterpret_cast<Integers>(
                     _mm256_madd_epi16(reinterpret_cast<__m256i>(w), reinterpret_cast<__m256i>(q)));
#elif defined(__SSE2__)
    return acc + reinterpret_cast<Integers>(
                     _mm_madd_epi16(reinterpret_cast<__m128i>(w), reinterpret_cast<__m128i>(q)));
#elif defined(__ARM_NEON)
    const int16x8_t a = reinterpret_cast<int16x8_t>(w), b = reinterpret_cast<int16x8_t>(q);
    const int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b)), high = vmull_high_s16(a, b);
    return acc + reinterpret_cast<Integers>(vpaddq_s32(low, high));
#else
    const Integers a = reinterpret_cast<Integers>(w), b = reinterpret_cast<Integers>(q);
    return acc + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

/// The entries of the table of 4-bit values that the bytes number.
inline Words look_up(Words n) {
#if defined(__AVX512BW__)
    const __m512i table = _mm512_broadcast_i32x4(load<__m128i>(blocks::iq4_values.data()));
    return reinterpret_cast<Words>(_mm512_shuffle_epi8(table, reinterpret_cast<__m512i>(n)));
#elif defined(__AVX2__)
    const __m256i table = _mm256_broadcastsi128_si256(load<__m128i>(blocks::iq4_values.data()));
    return reinterpret_cast<Words>(_mm256_shuffle_epi8(table, reinterpret_cast<__m256i>(n)));
#elif defined(__ARM_NEON)
    const uint8x16_t table = load<uint8x16_t>(blocks::iq4_values.data());
    return reinterpret_cast<Words>(vqtbl1q_u8(table, reinterpret_cast<uint8x16_t>(n)));
#else
    uint8_t bytes[sizeof n];
    std::memcpy(bytes, &n, sizeof n);
    for (uint8_t& byte : bytes) byte = blocks::iq4_values[byte];
    return load<Words>(bytes);
#endif
}

inline Words broadcast(const int16_t* pair) {
    uint32_t word;
    std::memcpy(&word, pair, sizeof word);
    return Words{} + word;
}

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
        using Bits = typename Layout::Bits;
        Words words = field<Bits::base>(quants, n);
        if constexpr (Layout::looks_up) words = look_up(words);
        if constexpr (Bits::extra > 0) words |= field<Bits::extra>(quants + 64 * Bits::base, n) << Bits::base;
        return words;
    }

    Floats half(uint32_t n) const { return load_halves(halves + (n * tile_rows + first) * 2); }

    Integers number(uint32_t n) const {
        return __builtin_convertvector(load<SignedBytes>(numbers + n * tile_rows + first), Integers);
    }

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

/// Adds a group to the chains of `Rows` rows, `stride` inputs apart, and `Vectors` vectors of outputs.
template <typename Format, uint32_t Rows, uint32_t Vectors>
inline void add_group(Group<Format> group, const GroupInput* inputs, uint32_t stride,
                      Floats (&chain)[Rows][Vectors]) {
    constexpr uint32_t parts = TileLayout<Format>::parts, quads = 8 / parts;
    Floats sum[Rows][Vectors];
#pragma GCC unroll 2
    for (uint32_t part = 0; part < parts; ++part) {
        Integers acc[Rows][Vectors];
        for (uint32_t row = 0; row < Rows; ++row) {
            for (uint32_t v = 0; v < Vectors; ++v)
                acc[row][v] = Integers{} + inputs[row * stride].start[part];
        }
#pragma GCC unroll 8
        for (uint32_t n = part * quads; n < (part + 1) * quads; ++n) {
            for (uint32_t v = 0; v < Vectors; ++v) {
                Group<Format> of_vector = group;
                of_vector.first += v * lanes;
                const Words words = of_vector.quad(n);
                const Words even = words & 0x00ff00ffu, odd = words >> 8 & 0x00ff00ffu;
                for (uint32_t row = 0; row < Rows; ++row) {
                    const int16_t* q = inputs[row * stride].q + 4 * n;
                    acc[row][v] = dot(dot(acc[row][v], even, broadcast(q)), odd, broadcast(q + 2));
                }
            }
        }
        for (uint32_t v = 0; v < Vectors; ++v) {
            Group<Format> of_vector = group;
            of_vector.first += v * lanes;
            const Floats scale = of_vector.scale(part);
            for (uint32_t row = 0; row < Rows; ++row) {
                Floats term = __builtin_convertvector(acc[row][v], Floats) * scale;
                if constexpr (Format::has_offset)
                    term -= inputs[row * stride].sum[part] * of_vector.offset(part);
                sum[row][v] = part == 0 ? term : sum[row][v] + term;
            }
        }
    }
    for (uint32_t row = 0; row < Rows; ++row) {
        for (uint32_t v = 0; v < Vectors; ++v) chain[row][v] += sum[row][v] * inputs[row * stride].unit;
    }
}

/// `Vectors` vectors of the outputs of a tile, from lane `first` on, for `Rows` rows.
template <typename Format, uint32_t Rows, uint32_t Vectors>
void multiply(const BlockProduct& b, uint32_t tile, uint32_t first_row, uint32_t first) {
    using Layout = TileLayout<Format>;
    constexpr uint32_t groups_per_block = Format::elements / ROUND_GROUP;
    const std::byte* begin = b.weights + tile * Layout::bytes(b.groups);
    Group<Format> group{begin, begin + Layout::numbers_at(b.groups), begin + Layout::halves_at(b.groups),
                        first};
    const std::byte* halves = group.halves;
    const GroupInput* inputs = b.inputs + uint64_t{first_row} * b.groups;
    Floats total[Rows][Vectors] = {};
    for (uint32_t c = 0; c < CHAINS; ++c) {
        Floats chain[Rows][Vectors] = {};
        const uint32_t length = chain_length(b.groups, c);
        for (uint32_t i = 0; i < length; ++i) {
            if constexpr (groups_per_block > 1)
                group.halves = halves + uint64_t{(c + i * CHAINS) / groups_per_block} * Layout::half_bytes;
            if constexpr (Rows == 1) {
                for (uint32_t line = 0; line < Layout::quant_bytes; line += 64)
                    __builtin_prefetch(group.quants + prefetch_distance + line);
            }
            add_group<Format, Rows, Vectors>(group, inputs, b.groups, chain);
            group.quants += Layout::quant_bytes;
            group.numbers += Layout::number_bytes;
            if constexpr (groups_per_block == 1) group.halves += Layout::half_bytes;
            ++inputs;
        }
        for (uint32_t row = 0; row < Rows; ++row) {
            for (uint32_t v = 0; v < Vectors; ++v) total[row][v] += chain[row][v];
        }
    }
    for (uint32_t row = 0; row < Rows; ++row) {
        std::memcpy(b.totals + (uint64_t{first_row + row} * b.tiles + tile) * tile_rows + first, total[row],
                    sizeof total[row]);
    }
}

template <typename Format>
void multiply_all(const BlockProduct& b) {
    constexpr uint32_t vectors = tile_rows / lanes, many = lanes == 16 ? 8 : 4;
    for (uint32_t tile = 0; tile < b.tiles; ++tile) {
        uint32_t row = 0;
        for (; row + many <= b.rows; row += many) {
            for (uint32_t v = 0; v < vectors; ++v) multiply<Format, many, 1>(b, tile, row, v * lanes);
        }
        for (; row < b.rows; ++row) multiply<Format, 1, vectors>(b, tile, row, 0);
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
    for (uint32_t i = 0; i < ROUND_GROUP; i += lanes) {
        // Adding 1.5 * 2^23 leaves the whole number in the low bits, whatever the float is.
        const Words shifted = reinterpret_cast<Words>(load<Floats>(values + i) * per_unit + 12582912.0f);
        const Halves q = __builtin_convertvector(shifted, Halves);
        std::memcpy(input.q + i, &q, sizeof q);
    }
    const float sums[2] = {parts == 1 ? facts[2] : facts[0], facts[1]};
    for (uint32_t part = 0; part < 2; ++part) {
        input.sum[part] = sums[part] * per_unit;
        const float shifted = input.sum[part] + 12582912.0f;
        uint32_t bits;
        std::memcpy(&bits, &shifted, sizeof bits);
        input.start[part] = static_cast<int32_t>((0x4b400000u - bits) * Format::bias);
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
