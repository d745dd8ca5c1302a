// The ops of DeepEmbed (RWKV-7a), from docs/NUMERICS.md.
#include <algorithm>
#include <vector>

#include "runtime/cpu/spread.h"

namespace rwkvk::cpu {

void run_embed_add(const Call& call) {
    const auto p = call.params.as<EmbedParams>();
    std::vector<float> looked_up(p.width);
    for (uint32_t row = 0; row < p.rows; ++row) {
        const uint32_t id = call.table(0)[row];
        const float* x = call.in(1) + uint64_t{row} * p.width;
        float* y = call.out(3) + uint64_t{row} * p.width;
        if (id == NONE) {
            std::copy_n(x, p.width, y);
            continue;
        }
        call.matrix->decode_row(id, looked_up);
        call.ops().add(x, looked_up.data(), y, p.width);
    }
}

void run_row_matrix(const Call& call) {
    const auto p = call.params.as<RowMatrixParams>();
    for_rows(call, p.rows, uint64_t{p.in_width} * p.width, [&](uint64_t row) {
        call.ops().row_matrix(call.in(0) + row * p.in_width, call.in(1) + row * p.in_width * p.width,
                              call.out(2) + row * p.width, p.in_width, p.width);
    });
}

}  // namespace rwkvk::cpu
