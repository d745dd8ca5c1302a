// Every op but the matrix product and the recurrences: which arrays it takes for which row. The formulas are
// in element_ops.inl.
#include <algorithm>

#include "runtime/catalogue/rounding.h"
#include "runtime/cpu/activations.h"
#include "runtime/cpu/spread.h"

namespace rwkvk::cpu {

const VectorOps& vector_ops(InstructionSet set) {
#if defined(__x86_64__)
    if (set >= InstructionSet::avx512) return vector_ops_avx512;
    if (set >= InstructionSet::avx2) return vector_ops_avx2;
#endif
    static_cast<void>(set);
    return vector_ops_baseline;
}

float activate(uint32_t activation, float x) {
    float result = 0.0f;
    with_activation(activation, [&](auto function) { result = function(x); });
    return result;
}

void run_embed(const Call& call) {
    const auto p = call.params.as<EmbedParams>();
    const uint32_t* ids = call.table(0);
    for_rows(call, p.rows, p.width, [&](uint64_t row) {
        const float* vector = call.in(1) + row * p.width;
        float* y = call.out(3) + row * p.width;
        if (ids[row] != NONE) return call.matrix->decode_row(ids[row], {y, p.width});
        for (uint32_t i = 0; i < p.width; ++i) y[i] = exact::settle(vector[i]);
    });
}

void run_norm(const Call& call) {
    const auto p = call.params.as<NormParams>();
    for_rows(call, uint64_t{p.rows} * p.groups, p.width, [&](uint64_t group) {
        const uint64_t at = group * p.width, first = group % p.groups * p.width;
        call.ops().norm(call.in(0) + at, call.in(1) + first, call.in(2) + first, call.out(3) + at, p.width,
                        p.inv_width, p.eps);
    });
}

void run_rms_norm(const Call& call) {
    const auto p = call.params.as<NormParams>();
    for_rows(call, uint64_t{p.rows} * p.groups, p.width, [&](uint64_t group) {
        const uint64_t at = group * p.width, first = group % p.groups * p.width;
        call.ops().rms_norm(call.in(0) + at, call.in(1) + first, call.out(2) + at, p.width, p.inv_width,
                            p.eps);
    });
}

void run_shift_mix(const Call& call) {
    const auto p = call.params.as<ShiftMixParams>();
    const uint32_t* entries = call.table(1);
    float* shift = call.out(3);
    for_rows(call, p.rows, uint64_t{p.width} * p.planes, [&](uint64_t row) {
        const float* x = call.in(0) + row * p.width;
        const uint32_t from = entries[2 * row], to = entries[2 * row + 1];
        const float* previous = from == NONE ? x - p.width : shift + uint64_t{from} * p.width;
        for (uint64_t plane = 0; plane < p.planes; ++plane) {
            call.ops().shift_mix(x, previous, call.in(2) + plane * p.width,
                                 call.out(4) + plane * p.plane_stride + row * p.width, p.width);
        }
        if (to != NONE) std::copy_n(x, p.width, shift + uint64_t{to} * p.width);
    });
}

void run_shift_mix6(const Call& call) {
    const auto p = call.params.as<ShiftMixParams>();
    const uint32_t* entries = call.table(1);
    for_rows(call, p.rows, uint64_t{p.width} * p.planes, [&](uint64_t row) {
        const float* x = call.in(0) + row * p.width;
        const uint32_t from = entries[2 * row];
        const float* previous = from == NONE ? x - p.width : call.in(8) + uint64_t{from} * p.width;
        for (uint64_t plane = 0; plane < p.planes; ++plane) {
            call.ops().shift_mix6(x, previous, call.in(2) + plane * p.width,
                                  call.in(3 + plane) + row * p.width,
                                  call.out(9) + plane * p.plane_stride + row * p.width, p.width);
        }
    });
}

void run_round(const Call& call) {
    const auto p = call.params.as<RoundParams>();
    const uint64_t width = uint64_t{p.groups} * ROUND_GROUP;
    for_rows(call, p.rows, width * p.planes, [&](uint64_t row) {
        for (uint64_t plane = 0; plane < p.planes; ++plane) {
            const uint64_t from = (p.numbers >> (4 * plane)) & 15;
            call.ops().round(call.in(0) + from * p.x_stride + row * width, p.groups,
                             call.out(1) + plane * p.y_stride + row * rounded_width(p.groups));
        }
    });
}

void run_activate(const Call& call) {
    constexpr uint64_t cost = 8;  // of an exponential function, beside an addition
    const auto p = call.params.as<ActivateParams>();
    for_rows(call, p.rows, p.width * cost, [&](uint64_t row) {
        const uint64_t at = row * p.width;
        call.ops().activate(p.activation, call.in(0) + at, call.in(1), call.out(2) + at, p.width);
    });
}

void run_lerp(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    for_rows(call, p.rows, p.width, [&](uint64_t row) {
        const uint64_t at = row * p.width;
        call.ops().lerp(call.in(0) + at, call.in(1) + at, call.in(2) + at, call.out(3) + at, p.width);
    });
}

namespace {

/// y = f(a, b)
void run_pairs(const Call& call, void (*function)(const float* a, const float* b, float* y, uint32_t n)) {
    const auto p = call.params.as<ElementParams>();
    for_rows(call, p.rows, p.width, [&](uint64_t row) {
        const uint64_t at = row * p.width;
        function(call.in(0) + at, call.in(1) + at, call.out(2) + at, p.width);
    });
}

}  // namespace

void run_mul(const Call& call) { run_pairs(call, call.ops().mul); }
void run_add(const Call& call) { run_pairs(call, call.ops().add); }
void run_mul_rest(const Call& call) { run_pairs(call, call.ops().mul_rest); }

void run_repeat_heads(const Call& call) {
    const auto p = call.params.as<RepeatParams>();
    const uint64_t heads = uint64_t{p.rows} * (p.width / p.head_size);
    for (uint64_t h = 0; h < heads; ++h)
        std::copy_n(call.in(0) + h / p.repeat * p.head_size, p.head_size, call.out(1) + h * p.head_size);
}

void run_l2norm(const Call& call) {
    const auto p = call.params.as<HeadParams>();
    for_rows(call, uint64_t{p.rows} * p.heads, p.head_size, [&](uint64_t head) {
        const uint64_t at = head * p.head_size;
        call.ops().l2norm(call.in(0) + at, call.in(1) + head % p.heads * p.head_size, call.out(2) + at,
                          p.head_size);
    });
}

void run_key_mix(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    for_rows(call, p.rows, p.width, [&](uint64_t row) {
        const uint64_t at = row * p.width;
        call.ops().key_mix(call.in(0) + at, call.in(1) + at, call.in(2), call.out(3) + at, p.width);
    });
}

void run_bonus(const Call& call) {
    const auto p = call.params.as<HeadParams>();
    for_rows(call, uint64_t{p.rows} * p.heads, p.head_size, [&](uint64_t head) {
        const uint64_t at = head * p.head_size;
        call.ops().bonus(call.in(0) + at, call.in(1) + at, call.in(2) + at, call.in(3) + at,
                         call.in(4) + head % p.heads * p.head_size, call.out(5) + at, p.head_size);
    });
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
#define FUSED(name, slots, parameters, work) nullptr,
#define DEVICE(name, slots, parameters, work) nullptr,
#include "runtime/catalogue/ops.def"
#undef OP
    };
    functions[static_cast<size_t>(op)](call);
}

}  // namespace rwkvk::cpu
