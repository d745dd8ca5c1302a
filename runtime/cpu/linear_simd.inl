// The matrix product for one instruction set, included by linear_<set>.cpp, which is compiled for that set
// and defines RWKVK_LINEAR, the name of the function, before. GCC and Clang vectors: + and * on them are the
// scalar operations per lane, so every instruction set gives the same bits.
#include <cstring>

#include "runtime/cpu/linear.h"
#include "runtime/cpu/sum.h"

#include "runtime/cpu/vectors.inl"

namespace rwkvk::cpu {
namespace {

constexpr uint32_t tile = 16, vectors = tile / lanes;

// How a format is read: Group::open(tile, k, v) is what the weights of the `elements` elements from k on
// share, for vector v of the tile's outputs; Group::at(k) are the weights of one of them.

/// Formats of single elements: a tile is [in][16].
template <typename Element>
struct ElementGroup {
    static constexpr uint32_t elements = UNIT_MATRIX;
    const std::byte* from = nullptr;

    void open(const std::byte* tile_begin, uint32_t, uint32_t v) {
        from = tile_begin + uint64_t{v} * lanes * Element::bytes;
    }
    Floats at(uint32_t k) const { return Element::at(from + uint64_t{k} * tile * Element::bytes); }
};

struct ElementF32 {
    static constexpr uint32_t bytes = 4;
    static Floats at(const std::byte* from) { return load<Floats>(from); }
};

struct ElementBf16 {
    static constexpr uint32_t bytes = 2;
    static Floats at(const std::byte* from) {
        return reinterpret_cast<Floats>(__builtin_convertvector(load<Halves>(from), Words) << 16);
    }
};

struct ElementF16 {
    static constexpr uint32_t bytes = 2;
    static Floats at(const std::byte* from) { return load_halves(from); }
};

/// `Tiles` tiles for `Rows` rows: every sum in registers. A single row is as fast as memory, so what it will
/// need some KiB later is asked for, into the second cache.
template <typename Group, uint32_t Tiles, uint32_t Rows>
void multiply(const LinearBlock& b, uint32_t first_tile, uint32_t first_row) {
    constexpr uint64_t ahead = 4096;
    const Ranges ranges{b.in, UNIT_MATRIX};
    const uint64_t tile_bytes = stored_bytes(b.format, b.in) * tile, element_bytes = tile_bytes / b.in;
    const std::byte* weights = b.weights + first_tile * tile_bytes;
    const float* x = b.x + uint64_t{first_row} * b.in;
    Floats total[Rows][Tiles][vectors] = {};
    for (uint32_t r = 0; r < ranges.count; ++r) {
        Floats sum[Rows][Tiles][vectors] = {};
        const uint32_t end = ranges.end(r);
        for (uint32_t first = ranges.begin(r); first < end; first += Group::elements) {
            const uint32_t stop = end - first < Group::elements ? end : first + Group::elements;
            Group groups[Tiles][vectors];
            for (uint32_t t = 0; t < Tiles; ++t) {
                for (uint32_t v = 0; v < vectors; ++v) groups[t][v].open(weights + t * tile_bytes, first, v);
            }
            for (uint32_t k = first; k < stop; ++k) {
                for (uint32_t t = 0; t < Tiles; ++t) {
                    if constexpr (Rows == 1)
                        __builtin_prefetch(weights + t * tile_bytes + k * element_bytes + ahead, 0, 2);
                    for (uint32_t v = 0; v < vectors; ++v) {
                        const Floats weight = groups[t][v].at(k);
                        for (uint32_t row = 0; row < Rows; ++row)
                            sum[row][t][v] += weight * x[uint64_t{row} * b.in + k];
                    }
                }
            }
        }
        for (uint32_t row = 0; row < Rows; ++row) {
            for (uint32_t t = 0; t < Tiles; ++t) {
                for (uint32_t v = 0; v < vectors; ++v) total[row][t][v] += sum[row][t][v];
            }
        }
    }
    for (uint32_t row = 0; row < Rows; ++row) {
        std::memcpy(b.totals + (uint64_t{first_row + row} * b.tiles + first_tile) * tile, total[row],
                    sizeof total[row]);
    }
}

/// All rows from `row` on, `Rows` at a time and the rest fewer. A tile stays in the first cache meanwhile;
/// few rows take several, since additions of one sum wait for each other.
template <typename Group, uint32_t Rows>
void multiply_rows(const LinearBlock& b, uint32_t row) {
    constexpr uint32_t tiles = Rows < 4 ? 4 / Rows : 1;
    const uint32_t end = row + (b.rows - row) / Rows * Rows;
    uint32_t t = 0;
    for (; t + tiles <= b.tiles; t += tiles) {
        for (uint32_t r = row; r < end; r += Rows) multiply<Group, tiles, Rows>(b, t, r);
    }
    for (; t < b.tiles; ++t) {
        for (uint32_t r = row; r < end; r += Rows) multiply<Group, 1, Rows>(b, t, r);
    }
    if constexpr (Rows > 1) multiply_rows<Group, Rows / 2>(b, end);
}

// How many rows at once are fastest: AVX2 has too few registers for four, SSE2 needs long to decode a weight.
template <typename Group>
void multiply_all(const LinearBlock& b) {
    multiply_rows<Group, lanes == 16 ? 8 : (lanes == 8 ? 2 : 4)>(b, 0);
}

}  // namespace

void RWKVK_LINEAR(const LinearBlock& block) {
    switch (block.format) {
        case WeightFormat::f32:
            return multiply_all<ElementGroup<ElementF32>>(block);
        case WeightFormat::f16:
            return multiply_all<ElementGroup<ElementF16>>(block);
        case WeightFormat::bf16:
            return multiply_all<ElementGroup<ElementBf16>>(block);
        default:
            RWKVK_ASSERT(!"a format that comes in blocks");
    }
}

}  // namespace rwkvk::cpu
