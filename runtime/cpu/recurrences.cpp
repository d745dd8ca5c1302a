// The ops that go from token to token: which arrays they are, and in what order. The formulas are in
// head_ops.inl and element_ops.inl.
#include <algorithm>

#include "runtime/cpu/spread.h"

namespace rwkvk::cpu {

void run_wkv7(const Call& call) {
    const auto p = call.params.as<Wkv7Params>();
    for_each_head_token(call, p, 7, [&](uint64_t row, uint64_t first, float* state) {
        const uint64_t at = row * p.width + first;
        call.ops().wkv7({.r = call.in(1) + at,
                         .w = call.in(2) + at,
                         .k = call.in(3) + at,
                         .v = call.in(4) + at,
                         .kk = call.in(5) + at,
                         .a = call.in(6) + at,
                         .u = nullptr,
                         .state = state,
                         .y = call.out(8) + at,
                         .size = p.head_size});
    });
}

void run_wkv6(const Call& call) {
    const auto p = call.params.as<Wkv6Params>();
    for_each_head_token(call, p, 6, [&](uint64_t row, uint64_t first, float* state) {
        const uint64_t at = row * p.width + first;
        call.ops().wkv6({.r = call.in(1) + at,
                         .w = call.in(2) + row * p.decay_stride + first,
                         .k = call.in(3) + at,
                         .v = call.in(4) + at,
                         .kk = nullptr,
                         .a = nullptr,
                         .u = call.in(5) + first,
                         .state = state,
                         .y = call.out(7) + at,
                         .size = p.head_size});
    });
}

void run_gla(const Call& call) {
    const auto p = call.params.as<GlaParams>();
    for_each_head_token(call, p, 5, [&](uint64_t row, uint64_t first, float* state) {
        const uint64_t at = row * p.width + first;
        call.ops().gla({.r = call.in(1) + at,
                        .w = call.in(2) + at,
                        .k = call.in(3) + at,
                        .v = call.in(4) + at,
                        .kk = nullptr,
                        .a = nullptr,
                        .u = nullptr,
                        .state = state,
                        .y = call.out(6) + at,
                        .size = p.head_size},
                       p.scale);
    });
}

void run_wkv4(const Call& call) {
    constexpr uint32_t together = 128;  // channels
    const auto p = call.params.as<ElementParams>();
    const uint32_t parts = (p.width + together - 1) / together;
    call.pool->parallel_for(uint64_t{p.rows} * parts, [&](uint64_t begin, uint64_t end) {
        for (uint64_t n = begin; n < end; ++n) {
            const uint32_t* sequence = call.table(0) + n / parts * 4;
            const auto first = static_cast<uint32_t>(n % parts * together);
            const uint64_t state = uint64_t{sequence[2]} * p.width + first;
            for (uint32_t t = 0; t < sequence[1]; ++t) {
                const uint64_t at = (uint64_t{sequence[0]} + t) * p.width + first;
                call.ops().wkv4({.k = call.in(1) + at,
                                 .v = call.in(2) + at,
                                 .decay = call.in(3) + first,
                                 .first = call.in(4) + first,
                                 .numerator = call.out(5) + state,
                                 .denominator = call.out(6) + state,
                                 .maximum = call.out(7) + state,
                                 .y = call.out(8) + at,
                                 .n = std::min(together, p.width - first)});
            }
        }
    });
}

}  // namespace rwkvk::cpu
