#pragma once
// How the work of an op is spread over threads.

#include <algorithm>
#include <memory>

#include "runtime/cpu/call.h"

namespace rwkvk::cpu {

/// body(row) for every row; side by side where there is enough to do. `work`: values that a row reads or
/// makes, or what takes as long.
template <typename Body>
void for_rows(const Call& call, uint64_t rows, uint64_t work, const Body& body) {
    constexpr uint64_t worth_waking = 16384;  // some microseconds
    const auto all = [&](uint64_t begin, uint64_t end) {
        for (uint64_t row = begin; row < end; ++row) body(row);
    };
    if (rows * work < worth_waking) return all(0, rows);
    call.pool->parallel_for(rows, all);
}

/// What a product makes of the totals of outputs first .. first + width - 1, as far as there are so many, in
/// slot 3. Shape: totals [rows][width].
inline void store_totals(const Call& call, const LinearParams& p, const float* totals, uint32_t first,
                         uint32_t width) {
    const uint32_t count = std::min(width, p.outs - first);
    const VectorOps& ops = call.ops();
    for (uint64_t row = 0; row < p.rows; ++row) {
        const uint64_t column = p.first_out + first, at = row * p.out_width + column;
        float* y = call.out(3) + at;
        ops.finish(p.addend == ADD_BIAS ? ACT_NONE : p.activation, totals + row * width, y, count);
        if (p.addend == ADD_BIAS) ops.activate(p.activation, y, call.in(2) + column, y, count);
        if (p.addend == ADD_ROWS) ops.add(y, call.in(2) + at, y, count);
    }
}

/// A product by tiles of 16 outputs: multiply(first tile, tiles, totals) for a few tiles at a time makes
/// their totals, [rows][tiles * 16], of which store_totals makes slot 3.
template <typename Multiply>
void for_tiles(const Call& call, const LinearParams& p, const Multiply& multiply) {
    constexpr uint32_t tile = Matrix::lanes, most = 4;
    const uint32_t tiles = (p.outs + tile - 1) / tile;
    // As many as one call takes at once, unless threads would have nothing to do.
    const uint32_t together = std::clamp(tiles / call.pool->threads(), 1u, most);
    call.pool->parallel_for((tiles + together - 1) / together, [&](uint64_t begin, uint64_t end) {
        const auto totals = std::make_unique_for_overwrite<float[]>(uint64_t{p.rows} * together * tile);
        for (uint64_t piece = begin; piece < end; ++piece) {
            const auto first = static_cast<uint32_t>(piece * together);
            const uint32_t count = std::min(together, tiles - first);
            multiply(first, count, totals.get());
            store_totals(call, p, totals.get(), first * tile, count * tile);
        }
    });
}

/// For every head of every sequence of table 0, whose parameters are `p`, and there for every token in order:
/// body(row, first channel of the head, its matrix in slot `state_slot`). Heads run side by side: they are
/// independent, the tokens of a sequence are not.
template <typename HeadParams, typename Body>
void for_each_head_token(const Call& call, const HeadParams& p, size_t state_slot, const Body& body) {
    call.pool->parallel_for(uint64_t{p.rows} * p.heads, [&](uint64_t begin, uint64_t end) {
        for (uint64_t n = begin; n < end; ++n) {
            const uint32_t* sequence = call.table(0) + n / p.heads * 4;
            const uint64_t head = n % p.heads;
            float* state =
                call.out(state_slot) + (uint64_t{sequence[2]} * p.heads + head) * p.head_size * p.head_size;
            for (uint32_t t = 0; t < sequence[1]; ++t)
                body(uint64_t{sequence[0]} + t, head * p.head_size, state);
        }
    });
}

}  // namespace rwkvk::cpu
