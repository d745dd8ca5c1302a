// Every op but the matrix product and the recurrences, from docs/NUMERICS.md. settle() stands where a value
// is stored or multiplied again, so that nothing is ever subnormal.
#include <algorithm>

#include "runtime/cpu/call.h"
#include "runtime/cpu/sum.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

using namespace exact;

float activate(uint32_t activation, float x) {
    switch (activation) {
        case ACT_TANH:
            return exact_tanh(x);
        case ACT_SIGMOID:
            return exact_sigmoid(x);
        case ACT_RELU2:
            return x > 0.0f ? x * x : 0.0f;
        case ACT_DECAY7:
            return exact_exp(settle(-0.60653066f * exact_sigmoid(x)));
        case ACT_SILU:
            return exact_silu(x);
        case ACT_DECAY6:
            return exact_exp(settle(-exact_exp(x)));
        default:
            return x;
    }
}

void run_embed(const Call& call) {
    const auto p = call.params.as<EmbedParams>();
    const uint32_t* ids = call.table(0);
    const float* vectors = call.in(1);
    float* y = call.out(3);
    for (uint32_t row = 0; row < p.rows; ++row) {
        const uint64_t at = uint64_t{row} * p.width;
        if (ids[row] != NONE) {
            call.matrix->decode_row(ids[row], {y + at, p.width});
        } else {
            for (uint32_t i = 0; i < p.width; ++i) y[at + i] = settle(vectors[at + i]);
        }
    }
}

void run_norm(const Call& call) {
    const auto p = call.params.as<NormParams>();
    const float *weight = call.in(1), *bias = call.in(2);
    for (uint64_t g = 0; g < uint64_t{p.rows} * p.groups; ++g) {
        const float* x = call.in(0) + g * p.width;
        float* y = call.out(3) + g * p.width;
        const uint64_t first = g % p.groups * p.width;
        const float mean =
            settle(settle(sum(p.width, UNIT_VECTOR, [&](uint32_t i) { return x[i]; })) * p.inv_width);
        const float squares = sum(p.width, UNIT_VECTOR, [&](uint32_t i) {
            const float d = settle(x[i] - mean);
            return d * d;
        });
        const float scale = exact_rsqrt(settle(squares) * p.inv_width + p.eps);
        for (uint32_t i = 0; i < p.width; ++i) {
            const float d = settle(x[i] - mean);
            y[i] = settle(settle(d * scale) * weight[first + i] + bias[first + i]);
        }
    }
}

void run_rms_norm(const Call& call) {
    const auto p = call.params.as<NormParams>();
    for (uint64_t g = 0; g < uint64_t{p.rows} * p.groups; ++g) {
        const float* x = call.in(0) + g * p.width;
        const float* weight = call.in(1) + g % p.groups * p.width;
        float* y = call.out(2) + g * p.width;
        const float squares = sum(p.width, UNIT_VECTOR, [&](uint32_t i) { return x[i] * x[i]; });
        const float scale = exact_rsqrt(settle(squares) * p.inv_width + p.eps);
        for (uint32_t i = 0; i < p.width; ++i) y[i] = settle(settle(x[i] * scale) * weight[i]);
    }
}

void run_shift_mix(const Call& call) {
    const auto p = call.params.as<ShiftMixParams>();
    const float *x = call.in(0), *mixes = call.in(2);
    const uint32_t* entries = call.table(1);
    float *shift = call.out(3), *y = call.out(4);
    for (uint32_t row = 0; row < p.rows; ++row) {
        const float* current = x + uint64_t{row} * p.width;
        const uint32_t from = entries[2 * row], to = entries[2 * row + 1];
        const float* previous = from == NONE ? current - p.width : shift + uint64_t{from} * p.width;
        for (uint32_t i = 0; i < p.width; ++i) {
            const float difference = settle(previous[i] - current[i]);
            for (uint32_t plane = 0; plane < p.planes; ++plane) {
                y[uint64_t{plane} * p.plane_stride + uint64_t{row} * p.width + i] =
                    settle(current[i] + difference * mixes[plane * p.width + i]);
            }
        }
        if (to != NONE) std::copy_n(current, p.width, shift + uint64_t{to} * p.width);
    }
}

void run_shift_mix6(const Call& call) {
    const auto p = call.params.as<ShiftMixParams>();
    const float *x = call.in(0), *mixes = call.in(2), *shift = call.in(8);
    const uint32_t* entries = call.table(1);
    float* y = call.out(9);
    for (uint32_t row = 0; row < p.rows; ++row) {
        const float* current = x + uint64_t{row} * p.width;
        const uint32_t from = entries[2 * row];
        const float* previous = from == NONE ? current - p.width : shift + uint64_t{from} * p.width;
        for (uint32_t plane = 0; plane < p.planes; ++plane) {
            const float* added = call.in(3 + plane) + uint64_t{row} * p.width;
            float* mixed = y + uint64_t{plane} * p.plane_stride + uint64_t{row} * p.width;
            for (uint32_t i = 0; i < p.width; ++i) {
                const float mix = settle(mixes[plane * p.width + i] + added[i]);
                mixed[i] = settle(current[i] + settle(previous[i] - current[i]) * mix);
            }
        }
    }
}

void run_activate(const Call& call) {
    const auto p = call.params.as<ActivateParams>();
    const float *x = call.in(0), *bias = call.in(1);
    float* y = call.out(2);
    for (uint64_t i = 0; i < uint64_t{p.rows} * p.width; ++i) {
        y[i] = settle(activate(p.activation, settle(x[i] + bias[i % p.width])));
    }
}

void run_lerp(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    const float *from = call.in(0), *to = call.in(1), *amount = call.in(2);
    float* y = call.out(3);
    for (uint64_t i = 0; i < uint64_t{p.rows} * p.width; ++i) {
        y[i] = settle(from[i] + settle(to[i] - from[i]) * amount[i]);
    }
}

void run_mul(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    for (uint64_t i = 0; i < uint64_t{p.rows} * p.width; ++i) {
        call.out(2)[i] = settle(call.in(0)[i] * call.in(1)[i]);
    }
}

void run_add(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    for (uint64_t i = 0; i < uint64_t{p.rows} * p.width; ++i) {
        call.out(2)[i] = settle(call.in(0)[i] + call.in(1)[i]);
    }
}

void run_mul_rest(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    for (uint64_t i = 0; i < uint64_t{p.rows} * p.width; ++i) {
        call.out(2)[i] = settle(call.in(0)[i] * settle(1.0f - call.in(1)[i]));
    }
}

void run_repeat_heads(const Call& call) {
    const auto p = call.params.as<RepeatParams>();
    const uint64_t heads = uint64_t{p.rows} * (p.width / p.head_size);
    for (uint64_t h = 0; h < heads; ++h)
        std::copy_n(call.in(0) + h / p.repeat * p.head_size, p.head_size, call.out(1) + h * p.head_size);
}

void run_l2norm(const Call& call) {
    const auto p = call.params.as<HeadParams>();
    for (uint64_t h = 0; h < uint64_t{p.rows} * p.heads; ++h) {
        const float* x = call.in(0) + h * p.head_size;
        const float* scale = call.in(1) + h % p.heads * p.head_size;
        float* y = call.out(2) + h * p.head_size;
        const float square = settle(sum(p.head_size, UNIT_VECTOR, [&](uint32_t j) {
            const float z = settle(x[j] * scale[j]);
            return z * z;
        }));
        const float inverse = square > 0.0f ? exact_rsqrt(square) : 0.0f;
        for (uint32_t j = 0; j < p.head_size; ++j) y[j] = settle(settle(x[j] * scale[j]) * inverse);
    }
}

void run_key_mix(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    const float *key = call.in(0), *rate = call.in(1), *k_a = call.in(2);
    float* y = call.out(3);
    for (uint64_t i = 0; i < uint64_t{p.rows} * p.width; ++i) {
        y[i] = settle(key[i] * settle(1.0f + settle(rate[i] - 1.0f) * k_a[i % p.width]));
    }
}

void run_bonus(const Call& call) {
    const auto p = call.params.as<HeadParams>();
    for (uint64_t h = 0; h < uint64_t{p.rows} * p.heads; ++h) {
        const uint64_t base = h * p.head_size;
        const float *z = call.in(0) + base, *r = call.in(1) + base, *k = call.in(2) + base,
                    *v = call.in(3) + base;
        const float* r_k = call.in(4) + h % p.heads * p.head_size;
        float* y = call.out(5) + base;
        const float dot =
            settle(sum(p.head_size, UNIT_VECTOR, [&](uint32_t j) { return settle(r[j] * k[j]) * r_k[j]; }));
        for (uint32_t j = 0; j < p.head_size; ++j) y[j] = settle(z[j] + dot * v[j]);
    }
}

void run_take_rows(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    for (uint32_t row = 0; row < p.rows; ++row) {
        std::copy_n(call.in(0) + uint64_t{call.table(1)[row]} * p.width, p.width,
                    call.out(2) + uint64_t{row} * p.width);
    }
}

void run_read_sum(const Call& call) {
    const auto p = call.params.as<ReadSumParams>();
    auto* sums = reinterpret_cast<uint32_t*>(call.slots[1]);
    for (uint32_t row = 0; row < p.rows; ++row) {
        for (uint32_t i = 0; i < p.width; ++i) {
            uint32_t sum = 0;
            for (uint32_t load = 0; load < p.loads; ++load) {
                const uint32_t* words = call.table(0) + ((uint64_t{row} * p.loads + load) * p.width + i) * 4;
                sum += words[0] ^ words[1] ^ words[2] ^ words[3];
            }
            sums[uint64_t{row} * p.width + i] = sum;
        }
    }
}

void run(Op op, const Call& call) {
    static constexpr void (*functions[])(const Call&) = {
#define OP(name, slots, parameters, work) run_##name,
#include "runtime/catalogue/ops.def"
#undef OP
    };
    functions[static_cast<size_t>(op)](call);
}

}  // namespace rwkvk::cpu
