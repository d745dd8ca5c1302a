#pragma once
// The vectorised products with matrices of blocks: sums of a group in integers, 16 outputs side by side.

#include <cstddef>
#include <cstdint>

#include "runtime/catalogue/catalogue.h"
#include "runtime/cpu/instruction_sets.h"

namespace rwkvk::cpu {

/// A group of a rounded row as products want it. `q` are the multiples of its unit, 16 bits each; for sets
/// with products of bytes it is their low digits, then their high ones, of which each q is low + 256 high, in
/// the order of bytes of block_tiles.h. `start` and `sum` are of each part of the group that has a scale of
/// its own: what takes the bias off the quants, and the sum that an offset is multiplied with.
struct alignas(32) GroupInput {
    int8_t q[2 * ROUND_GROUP];
    int32_t start[2];
    float sum[2];
    float unit;
};

/// Totals of `tiles` tiles of 16 outputs (block_tiles.h) for `rows` rows. Shapes: inputs [rows][groups] in
/// the order of the chains, totals [rows][tiles * 16].
struct BlockProduct {
    WeightFormat format;
    const std::byte* weights;
    const GroupInput* inputs;
    float* totals;
    uint32_t groups, rows, tiles;
};

/// Makes the inputs of a row. Shapes: row [rounded_width(groups)], inputs [groups].
using PrepareFunction = void (*)(WeightFormat format, const float* row, uint32_t groups, GroupInput* inputs);
using BlockProductFunction = void (*)(const BlockProduct&);

struct BlockFunctions {
    PrepareFunction prepare;
    BlockProductFunction multiply;
};

/// One per instruction set.
extern const BlockFunctions blocks_baseline;
#if defined(__x86_64__)
extern const BlockFunctions blocks_avx2, blocks_avx512, blocks_avx512vnni, blocks_amx_int8;
#elif defined(__aarch64__)
extern const BlockFunctions blocks_dotprod, blocks_i8mm;
#endif

/// The fastest that the set has.
const BlockFunctions& block_functions(InstructionSet set);

}  // namespace rwkvk::cpu
