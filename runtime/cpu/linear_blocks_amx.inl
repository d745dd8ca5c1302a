// Products with matrices of blocks by AMX, 16 rows of inputs times 16 of a tile of weights: the sums of a
// group are two products of matrices of bytes, one for each digit. Included by linear_blocks_simd.inl.

namespace rwkvk::cpu {
namespace {

// What the tile registers hold. Macros, since GCC makes names of registers of them.
#define LOW_SUMS 0
#define HIGH_SUMS 1
#define LOW_DIGITS 2
#define HIGH_DIGITS 3
#define QUANTS 4

/// The layout that `ldtilecfg` takes.
struct TileConfiguration {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t row_bytes[16] = {};
    uint8_t rows[16] = {};

    /// For products of `k` bytes.
    explicit TileConfiguration(uint8_t k) {
        const auto set = [&](uint32_t at, uint8_t count, uint16_t bytes) {
            rows[at] = count;
            row_bytes[at] = bytes;
        };
        set(LOW_SUMS, tile_rows, 64), set(HIGH_SUMS, tile_rows, 64);
        set(LOW_DIGITS, tile_rows, k), set(HIGH_DIGITS, tile_rows, k);
        set(QUANTS, k / 4, 64);
    }
};

/// What GCC's headers forget to say of instructions that load tiles.
inline void memory_is_read(const void* from) { __asm__ volatile("" : : "r"(from) : "memory"); }

/// The sums of the bytes of one part of a group: 16 rows of inputs, `stride` bytes apart, times 16 of quants.
struct TileSums {
    alignas(64) Integers low[tile_rows], high[tile_rows];

    void multiply(const int8_t* low_digits, uint64_t stride, const Words* quads) {
        memory_is_read(quads);
        _tile_zero(LOW_SUMS);
        _tile_zero(HIGH_SUMS);
        _tile_loadd(QUANTS, quads, 64);
        _tile_loadd(LOW_DIGITS, low_digits, stride);
        _tile_loadd(HIGH_DIGITS, low_digits + ROUND_GROUP, stride);
        _tile_dpbsud(LOW_SUMS, LOW_DIGITS, QUANTS);
        _tile_dpbsud(HIGH_SUMS, HIGH_DIGITS, QUANTS);
        _tile_stored(LOW_SUMS, low, 64);
        _tile_stored(HIGH_SUMS, high, 64);
    }
};

/// Adds a group of a tile to the chains of 16 rows.
template <typename Format>
inline void add_group(const Group<Format>& group, const GroupInput* inputs, uint32_t stride,
                      Floats (&chain)[tile_rows]) {
    constexpr uint32_t parts = TileLayout<Format>::parts, quads = 8 / parts;
    alignas(64) Words quants[8];
    for (uint32_t n = 0; n < 8; ++n) quants[n] = group.quad(n);
    TileSums sums[parts];
    for (uint32_t part = 0; part < parts; ++part)
        sums[part].multiply(inputs->q + 4 * part * quads, stride * sizeof *inputs, quants + part * quads);
    for (uint32_t row = 0; row < tile_rows; ++row) {
        const GroupInput& input = inputs[row * stride];
        Floats sum = {};
        for (uint32_t part = 0; part < parts; ++part) {
            const Integers product = sums[part].low[row] + (sums[part].high[row] << 8) + input.start[part];
            const Floats term = term_of(product, group.scale(part), group, input, part);
            sum = part == 0 ? term : sum + term;
        }
        chain[row] += sum * input.unit;
    }
}

/// A tile of outputs for 16 rows.
template <typename Format>
void multiply_tile(const BlockProduct& b, uint32_t tile, uint32_t first_row) {
    const std::byte* weights = b.weights + tile * TileLayout<Format>::bytes(b.groups);
    const GroupInput* inputs = b.inputs + uint64_t{first_row} * b.groups;
    Floats total[tile_rows] = {};
    uint64_t place = 0;
    for (uint32_t c = 0; c < CHAINS; ++c) {
        Floats chain[tile_rows] = {};
        for (uint32_t g = c; g < b.groups; g += CHAINS, ++place, ++inputs)
            add_group(group_at<Format>(weights, b.groups, place, block_of<Format>(place, g), 0), inputs,
                      b.groups, chain);
        for (uint32_t row = 0; row < tile_rows; ++row) total[row] += chain[row];
    }
    for (uint32_t row = 0; row < tile_rows; ++row)
        std::memcpy(b.totals + (uint64_t{first_row + row} * b.tiles + tile) * tile_rows, &total[row],
                    sizeof total[row]);
}

/// As many rows as there are in sixteens, from `row` on, which it moves on.
template <typename Format>
void multiply_by_tiles(const BlockProduct& b, uint32_t& row) {
    if (b.rows - row < tile_rows) return;
    const TileConfiguration configuration(ROUND_GROUP / TileLayout<Format>::parts);
    memory_is_read(&configuration);
    _tile_loadconfig(&configuration);
    for (; row + tile_rows <= b.rows; row += tile_rows) {
        for (uint32_t tile = 0; tile < b.tiles; ++tile) multiply_tile<Format>(b, tile, row);
    }
    _tile_release();
}

}  // namespace
}  // namespace rwkvk::cpu
