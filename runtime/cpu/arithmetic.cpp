// Single operations, for the self-test of devices; see shaders/arithmetic.comp.
#include <bit>
#include <cmath>

#include "runtime/cpu/call.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

using namespace exact;

namespace {

float result(uint32_t operation, float x, float y, float z) {
    switch (operation) {
        case ARITH_MUL_ADD:
            return x * y + z;
        case ARITH_SUB_MUL:
            return z - x * y;
        case ARITH_MUL:
            return x * y;
        case ARITH_ADD:
            return x + y;
        case ARITH_ADD_SUB:
            return (x + y) - y;
        case ARITH_ADD_ADD:
            return (x + y) + z;
        case ARITH_MUL_CONSTS:
            return (x * 3.0f) * 5.0f;
        case ARITH_MUL_PAIRS:
            return x * y + y * z;
        case ARITH_FROM_INT:
            return static_cast<float>(std::bit_cast<int32_t>(x));
        case ARITH_FLOOR:
            return std::floor(x);
        case ARITH_SETTLE:
            return settle(x);
        case ARITH_EXP:
            return exact_exp(settle(x));
        case ARITH_TANH:
            return exact_tanh(settle(x));
        case ARITH_SIGMOID:
            return exact_sigmoid(settle(x));
        case ARITH_RECIPROCAL:
            return exact_reciprocal(x);
        default:
            return exact_rsqrt(x < 0.0f ? -x : x);
    }
}

}  // namespace

void run_arithmetic(const Call& call) {
    const auto p = call.params.as<ArithmeticParams>();
    for (uint64_t i = 0; i < uint64_t{p.rows} * p.width; ++i) {
        call.out(3)[i] = result(p.operation, call.in(0)[i], call.in(1)[i], call.in(2)[i]);
    }
}

}  // namespace rwkvk::cpu
