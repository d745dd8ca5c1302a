#include "runtime/cpu/linear.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <string_view>
#include <vector>

#include "runtime/cpu/call.h"
#include "runtime/cpu/sum.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {
namespace {

constexpr uint32_t tiles_per_piece = 4;

#if defined(__x86_64__)
/// Clang before 17 does not know the name for __builtin_cpu_supports.
bool has_f16c() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}
#endif

std::vector<LinearVariant> variants() {
    std::vector<LinearVariant> result = {{"baseline", linear_baseline}};
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && has_f16c();
    if (avx2) result.push_back({"avx2", linear_avx2});
    if (avx2 && __builtin_cpu_supports("avx512f")) result.push_back({"avx512", linear_avx512});
#endif
    return result;
}

}  // namespace

void store_totals(const LinearParams& p, const float* totals, uint32_t first, uint32_t width, float* y) {
    const uint32_t count = std::min(width, p.outs - first);
    for (uint64_t row = 0; row < p.rows; ++row) {
        float* to = y + row * p.out_width + p.first_out + first;
        for (uint32_t i = 0; i < count; ++i)
            to[i] = exact::settle(activate(p.activation, exact::settle(totals[row * width + i])));
    }
}

LinearVariant choose_linear(const char* wanted) {
    const std::vector<LinearVariant> known = variants();
    if (!wanted) return known.back();
    for (const LinearVariant& variant : known) {
        if (variant.name == std::string_view(wanted)) return variant;
    }
    throw Error(Code::bad_argument, concat("this processor has no '", wanted, "' matrix product"));
}

void run_linear(const Call& call) {
    static const LinearVariant variant = choose_linear();
    const auto p = call.params.as<LinearParams>();
    const Matrix& matrix = *call.matrix;
    RWKVK_ASSERT(matrix.layout == Matrix::Layout::lanes && matrix.in == p.in_width && p.first_out == 0);
    const uint64_t tile_bytes = stored_bytes(matrix.format, uint64_t{p.in_width} * Matrix::lanes);
    const uint32_t tiles = (p.outs + Matrix::lanes - 1) / Matrix::lanes;
    const uint32_t pieces = (tiles + tiles_per_piece - 1) / tiles_per_piece;
    call.pool->parallel_for(pieces, [&](uint64_t begin, uint64_t end) {
        std::vector<float> totals(uint64_t{p.rows} * tiles_per_piece * Matrix::lanes);
        for (uint64_t piece = begin; piece < end; ++piece) {
            const auto first_tile = static_cast<uint32_t>(piece * tiles_per_piece);
            const uint32_t count = std::min(tiles_per_piece, tiles - first_tile);
            variant.function({matrix.format, matrix.bytes.get() + first_tile * tile_bytes, call.in(0),
                              totals.data(), p.in_width, p.rows, count});
            store_totals(p, totals.data(), first_tile * Matrix::lanes, count * Matrix::lanes, call.out(2));
        }
    });
}

void run_linear_plain(const Call& call) {
    const auto p = call.params.as<LinearParams>();
    std::vector<float> weights(p.in_width);
    for (uint32_t o = 0; o < p.outs; ++o) {
        call.matrix->decode_row(o, weights);
        for (uint64_t row = 0; row < p.rows; ++row) {
            const float* x = call.in(0) + row * p.in_width;
            const float total = sum(p.in_width, UNIT_MATRIX, [&](uint32_t k) { return weights[k] * x[k]; });
            call.out(2)[row * p.out_width + p.first_out + o] =
                exact::settle(activate(p.activation, exact::settle(total)));
        }
    }
}

}  // namespace rwkvk::cpu
