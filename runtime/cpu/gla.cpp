// Gated linear attention, from docs/NUMERICS.md. State S[j][i]: key j, value i.
#include <algorithm>
#include <vector>

#include "runtime/cpu/heads.h"
#include "runtime/cpu/sum.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

using namespace exact;

namespace {

struct Token {
    const float *r, *w, *k, *v;
    float* y;
};

/// One token of one head. The loops run over j outside and i inside, so that they vectorise; the order of the
/// additions of each sum is that of sum.h.
void advance(const Token& t, uint32_t size, float scale, float* state, std::vector<float>& scratch) {
    const Ranges ranges{size, UNIT_VECTOR};
    scratch.assign(size_t{2} * size, 0.0f);
    float *total = scratch.data(), *part = total + size;
    for (uint32_t q = 0; q < ranges.count; ++q) {
        std::fill_n(part, size, 0.0f);
        for (uint32_t j = ranges.begin(q); j < ranges.end(q); ++j) {
            const float r = t.r[j], w = t.w[j], k = t.k[j];
            for (uint32_t i = 0; i < size; ++i) {
                const float updated = settle(state[j * size + i] * w + t.v[i] * k);
                part[i] += updated * r;
                state[j * size + i] = updated;
            }
        }
        for (uint32_t i = 0; i < size; ++i) total[i] += part[i];
    }
    for (uint32_t i = 0; i < size; ++i) t.y[i] = settle(settle(total[i]) * scale);
}

}  // namespace

void run_gla(const Call& call) {
    const auto p = call.params.as<GlaParams>();
    for_each_head_token(call, p, 5, [&](uint64_t row, uint64_t first, float* state, auto& scratch) {
        const uint64_t at = row * p.width + first;
        advance({call.in(1) + at, call.in(2) + at, call.in(3) + at, call.in(4) + at, call.out(6) + at},
                p.head_size, p.scale, state, scratch);
    });
}

}  // namespace rwkvk::cpu
