#include "runtime/cpu/linear.h"

#include <vector>

#include "runtime/cpu/spread.h"
#include "runtime/cpu/sum.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

LinearFunction linear_of(InstructionSet set) {
#if defined(__x86_64__)
    if (set >= InstructionSet::avx512) return linear_avx512;
    if (set >= InstructionSet::avx2) return linear_avx2;
#endif
    static_cast<void>(set);
    return linear_baseline;
}

void run_linear(const Call& call) {
    const LinearFunction multiply = linear_of(call.set);
    const auto p = call.params.as<LinearParams>();
    const Matrix& matrix = *call.matrix;
    RWKVK_ASSERT(matrix.layout == Matrix::Layout::lanes && matrix.in == p.in_width && p.first_out == 0);
    const uint64_t tile_bytes = stored_bytes(matrix.format, uint64_t{p.in_width} * Matrix::lanes);
    for_tiles(call, p, [&](uint32_t first, uint32_t tiles, float* totals) {
        multiply({matrix.format, matrix.bytes.get() + first * tile_bytes, call.in(0), totals, p.in_width,
                  p.rows, tiles});
    });
}

void store_total(const Call& call, const LinearParams& p, float total, uint64_t row, uint32_t output) {
    using exact::settle;
    const uint64_t column = p.first_out + output, at = row * p.out_width + column;
    float value = settle(total);
    if (p.addend == ADD_BIAS) value = settle(value + call.in(2)[column]);
    value = settle(activate(p.activation, value));
    if (p.addend == ADD_ROWS) value = settle(value + call.in(2)[at]);
    call.out(3)[at] = value;
}

void run_linear_plain(const Call& call) {
    const auto p = call.params.as<LinearParams>();
    std::vector<float> weights(p.in_width);
    for (uint32_t o = 0; o < p.outs; ++o) {
        call.matrix->decode_row(o, weights);
        for (uint64_t row = 0; row < p.rows; ++row) {
            const float* x = call.in(0) + row * p.in_width;
            const float total = sum(p.in_width, UNIT_MATRIX, [&](uint32_t k) { return weights[k] * x[k]; });
            store_total(call, p, total, row, o);
        }
    }
}

}  // namespace rwkvk::cpu
