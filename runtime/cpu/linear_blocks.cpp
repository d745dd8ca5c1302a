#include "runtime/cpu/linear_blocks.h"

#include <algorithm>
#include <memory>

#include "runtime/catalogue/rounding.h"
#include "runtime/cpu/block_tiles.h"
#include "runtime/cpu/spread.h"

namespace rwkvk::cpu {
namespace {

constexpr uint32_t tiles_per_piece = 4;

}  // namespace

const BlockFunctions& block_functions(InstructionSet set) {
#if defined(__x86_64__)
    if (set >= InstructionSet::avx512vnni) return blocks_avx512vnni;
    if (set == InstructionSet::avx512) return blocks_avx512;
    if (set == InstructionSet::avx2) return blocks_avx2;
#endif
    static_cast<void>(set);
    return blocks_baseline;
}

void run_linear_blocks(const Call& call) {
    const auto p = call.params.as<LinearParams>();
    const Matrix& matrix = *call.matrix;
    RWKVK_ASSERT(matrix.layout == Matrix::Layout::block_tiles && matrix.in == p.in_width && p.first_out == 0);
    const BlockFunctions& functions = block_functions(call.set);
    const uint32_t groups = p.in_width / ROUND_GROUP;
    const auto inputs = std::make_unique_for_overwrite<GroupInput[]>(uint64_t{p.rows} * groups);
    for_rows(call, p.rows, p.in_width, [&](uint64_t row) {
        functions.prepare(matrix.format, call.in(0) + row * rounded_width(groups), groups,
                          &inputs[row * groups]);
    });
    const uint64_t bytes = tile_bytes(matrix.format, matrix.in);
    const uint32_t tiles = (p.outs + tile_rows - 1) / tile_rows;
    const uint32_t pieces = (tiles + tiles_per_piece - 1) / tiles_per_piece;
    call.pool->parallel_for(pieces, [&](uint64_t begin, uint64_t end) {
        const auto totals =
            std::make_unique_for_overwrite<float[]>(uint64_t{p.rows} * tiles_per_piece * tile_rows);
        for (uint64_t piece = begin; piece < end; ++piece) {
            const auto first_tile = static_cast<uint32_t>(piece * tiles_per_piece);
            const uint32_t count = std::min(tiles_per_piece, tiles - first_tile);
            functions.multiply({matrix.format, matrix.bytes.get() + first_tile * bytes, inputs.get(),
                                totals.get(), groups, p.rows, count});
            store_totals(call, p, totals.get(), first_tile * tile_rows, count * tile_rows);
        }
    });
}

}  // namespace rwkvk::cpu
