#include "runtime/cpu/linear_blocks.h"

#include <memory>

#include "runtime/catalogue/rounding.h"
#include "runtime/cpu/block_tiles.h"
#include "runtime/cpu/spread.h"

namespace rwkvk::cpu {

const BlockFunctions& block_functions(InstructionSet set) {
#if defined(__x86_64__)
#if !defined(_WIN32)
    if (set == InstructionSet::amx_int8) return blocks_amx_int8;
#endif
    if (set == InstructionSet::avx512vnni) return blocks_avx512vnni;
    if (set == InstructionSet::avx512) return blocks_avx512;
    if (set == InstructionSet::avx2) return blocks_avx2;
#elif defined(__aarch64__)
    if (set == InstructionSet::i8mm) return blocks_i8mm;
    if (set == InstructionSet::dotprod) return blocks_dotprod;
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
    for_tiles(call, p, [&](uint32_t first, uint32_t tiles, float* totals) {
        functions.multiply(
            {matrix.format, matrix.bytes.get() + first * bytes, inputs.get(), totals, groups, p.rows, tiles});
    });
}

}  // namespace rwkvk::cpu
