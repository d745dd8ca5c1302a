// The RWKV-7 recurrence, from docs/NUMERICS.md. State S[j][i]: key j, value i.
#include <vector>

#include "runtime/cpu/call.h"
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
    call.pool->parallel_for(uint64_t{p.rows} * p.heads, [&](uint64_t begin, uint64_t end) {
        std::vector<float> scratch;
        for (uint64_t n = begin; n < end; ++n) {
            const uint32_t* sequence = call.table(0) + n / p.heads * 4;
            const uint64_t head = n % p.heads;
            float* state = call.out(7) + (uint64_t{sequence[2]} * p.heads + head) * p.head_size * p.head_size;
            for (uint32_t t = 0; t < sequence[1]; ++t) {
                const uint64_t at = uint64_t{sequence[0] + t} * p.width + head * p.head_size;
                advance({call.in(1) + at, call.in(2) + at, call.in(3) + at, call.in(4) + at, call.in(5) + at,
                         call.in(6) + at, call.out(8) + at},
                        p.head_size, state, scratch);
            }
        }
    });
}

}  // namespace rwkvk::cpu
