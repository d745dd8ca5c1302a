// The RWKV-7 recurrence, from docs/NUMERICS.md. State S[j][i]: key j, value i.
#include <vector>

#include "runtime/cpu/heads.h"
#include "runtime/cpu/sum.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

using namespace exact;

namespace {

struct Token {
    const float *r, *w, *k, *v, *kk, *a;
    float* y;
};

/// One token of one head. The loops run over j outside and i inside, so that they vectorise; the order of the
/// additions of each sum is that of sum.h.
void advance(const Token& t, uint32_t size, float* state, std::vector<float>& scratch) {
    const Ranges ranges{size, UNIT_VECTOR};
    scratch.assign(size_t{3} * size, 0.0f);
    float *total = scratch.data(), *part = total + size, *s = part + size;
    for (uint32_t q = 0; q < ranges.count; ++q) {
        std::fill_n(part, size, 0.0f);
        for (uint32_t j = ranges.begin(q); j < ranges.end(q); ++j) {
            for (uint32_t i = 0; i < size; ++i) part[i] += state[j * size + i] * t.kk[j];
        }
        for (uint32_t i = 0; i < size; ++i) total[i] += part[i];
    }
    for (uint32_t i = 0; i < size; ++i) s[i] = -settle(total[i]);

    std::fill_n(total, size, 0.0f);
    for (uint32_t q = 0; q < ranges.count; ++q) {
        std::fill_n(part, size, 0.0f);
        for (uint32_t j = ranges.begin(q); j < ranges.end(q); ++j) {
            const float rate = settle(t.kk[j] * t.a[j]), w = t.w[j], k = t.k[j], r = t.r[j];
            for (uint32_t i = 0; i < size; ++i) {
                const float decayed = state[j * size + i] * w + s[i] * rate;
                const float updated = settle(decayed + t.v[i] * k);
                state[j * size + i] = updated;
                part[i] += updated * r;
            }
        }
        for (uint32_t i = 0; i < size; ++i) total[i] += part[i];
    }
    for (uint32_t i = 0; i < size; ++i) t.y[i] = settle(total[i]);
}

}  // namespace

void run_wkv7(const Call& call) {
    const auto p = call.params.as<Wkv7Params>();
    for_each_head_token(call, p, 7, [&](uint64_t row, uint64_t first, float* state, auto& scratch) {
        const uint64_t at = row * p.width + first;
        advance({call.in(1) + at, call.in(2) + at, call.in(3) + at, call.in(4) + at, call.in(5) + at,
                 call.in(6) + at, call.out(8) + at},
                p.head_size, state, scratch);
    });
}

}  // namespace rwkvk::cpu
