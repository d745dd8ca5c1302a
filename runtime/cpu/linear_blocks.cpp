#include "runtime/cpu/linear_blocks.h"

#include <algorithm>
#include <vector>

#include "runtime/catalogue/rounding.h"
#include "runtime/cpu/block_tiles.h"
#include "runtime/cpu/call.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {
namespace {

constexpr uint32_t tiles_per_piece = 4;
// Rows that are prepared by one thread: waking another takes longer.
constexpr uint64_t groups_per_piece = 512;

const BlockFunctions& functions() { return blocks_avx512vnni; }

std::vector<GroupInput> prepare(const Call& call, uint32_t rows, uint32_t groups) {
    std::vector<GroupInput> inputs(uint64_t{rows} * groups);
    const auto prepare_rows = [&](uint64_t begin, uint64_t end) {
        for (uint64_t row = begin; row < end; ++row) {
            functions().prepare(call.matrix->format, call.in(0) + row * rounded_width(groups), groups,
                                &inputs[row * groups]);
        }
    };
    if (inputs.size() < groups_per_piece) {
        prepare_rows(0, rows);
    } else {
        call.pool->parallel_for(rows, prepare_rows);
    }
    return inputs;
}

}  // namespace

void run_linear_blocks(const Call& call) {
    const auto p = call.params.as<LinearParams>();
    const Matrix& matrix = *call.matrix;
    RWKVK_ASSERT(matrix.layout == Matrix::Layout::block_tiles && matrix.in == p.in_width && p.first_out == 0);
    const uint32_t groups = p.in_width / ROUND_GROUP;
    const std::vector<GroupInput> inputs = prepare(call, p.rows, groups);
    const uint64_t bytes = tile_bytes(matrix.format, matrix.in);
    const uint32_t tiles = (p.outs + tile_rows - 1) / tile_rows;
    const uint32_t pieces = (tiles + tiles_per_piece - 1) / tiles_per_piece;
    call.pool->parallel_for(pieces, [&](uint64_t begin, uint64_t end) {
        std::vector<float> totals(uint64_t{p.rows} * tiles_per_piece * tile_rows);
        for (uint64_t piece = begin; piece < end; ++piece) {
            const auto first_tile = static_cast<uint32_t>(piece * tiles_per_piece);
            const uint32_t count = std::min(tiles_per_piece, tiles - first_tile);
            functions().multiply({matrix.format, matrix.bytes.get() + first_tile * bytes, inputs.data(),
                                  totals.data(), groups, p.rows, count});
            store_totals(p, totals.data(), first_tile * tile_rows, count * tile_rows, call.out(2));
        }
    });
}

}  // namespace rwkvk::cpu
