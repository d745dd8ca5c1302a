// The ops of DeepEmbed (RWKV-7a), from docs/NUMERICS.md.
#include "runtime/cpu/call.h"
#include "runtime/cpu/sum.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

using namespace exact;

void run_embed_add(const Call& call) {
    const auto p = call.params.as<EmbedParams>();
    const uint32_t* ids = call.table(0);
    const float* x = call.in(1);
    float* y = call.out(3);
    for (uint32_t row = 0; row < p.rows; ++row) {
        for (uint32_t i = 0; i < p.width; ++i) {
            const uint64_t at = uint64_t{row} * p.width + i;
            y[at] = ids[row] == NONE ? x[at] : settle(x[at] + call.matrix->at(ids[row], i));
        }
    }
}

void run_row_matrix(const Call& call) {
    const auto p = call.params.as<RowMatrixParams>();
    for (uint32_t row = 0; row < p.rows; ++row) {
        const float* x = call.in(0) + uint64_t{row} * p.in_width;
        const float* matrix = call.in(1) + uint64_t{row} * p.in_width * p.width;
        float* y = call.out(2) + uint64_t{row} * p.width;
        for (uint32_t i = 0; i < p.width; ++i) {
            y[i] = settle(
                sum(p.in_width, UNIT_VECTOR, [&](uint32_t j) { return x[j] * matrix[j * p.width + i]; }));
        }
    }
}

}  // namespace rwkvk::cpu
