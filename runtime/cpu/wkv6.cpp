// The recurrence of RWKV-5 and 6, from docs/NUMERICS.md. State S[j][i]: key j, value i.
#include <vector>

#include "runtime/cpu/heads.h"
#include "runtime/cpu/sum.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

using namespace exact;

namespace {

struct Token {
    const float *r, *w, *k, *v, *u;
    float* y;
};

/// One token of one head. The loops run over j outside and i inside, so that they vectorise; the order of the
/// additions of each sum is that of sum.h.
void advance(const Token& t, uint32_t size, float* state, std::vector<float>& scratch) {
    const float bonus =
        settle(sum(size, UNIT_VECTOR, [&](uint32_t j) { return settle(t.r[j] * t.k[j]) * t.u[j]; }));
    const Ranges ranges{size, UNIT_VECTOR};
    scratch.assign(size_t{2} * size, 0.0f);
    float *total = scratch.data(), *part = total + size;
    for (uint32_t q = 0; q < ranges.count; ++q) {
        std::fill_n(part, size, 0.0f);
        for (uint32_t j = ranges.begin(q); j < ranges.end(q); ++j) {
            const float r = t.r[j], w = t.w[j], k = t.k[j];
            for (uint32_t i = 0; i < size; ++i) {
                const float old = state[j * size + i];
                part[i] += old * r;
                state[j * size + i] = settle(old * w + t.v[i] * k);
            }
        }
        for (uint32_t i = 0; i < size; ++i) total[i] += part[i];
    }
    for (uint32_t i = 0; i < size; ++i) t.y[i] = settle(settle(total[i]) + bonus * t.v[i]);
}

}  // namespace

void run_wkv6(const Call& call) {
    const auto p = call.params.as<Wkv6Params>();
    for_each_head_token(call, p, 6, [&](uint64_t row, uint64_t first, float* state, auto& scratch) {
        const uint64_t at = row * p.width + first;
        advance({call.in(1) + at, call.in(2) + row * p.decay_stride + first, call.in(3) + at, call.in(4) + at,
                 call.in(5) + first, call.out(7) + at},
                p.head_size, state, scratch);
    });
}

}  // namespace rwkvk::cpu
