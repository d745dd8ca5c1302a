#version 450
// One operation on three operands: what the self-test asks a device. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, a);
READ(1, float, b);
READ(2, float, c);
WRITE(3, float, y);
PARAMS(ArithmeticParams);

float result(float x, float y, float z) {
    if (p.operation == ARITH_MUL_ADD) return x * y + z;
    if (p.operation == ARITH_SUB_MUL) return z - x * y;
    if (p.operation == ARITH_MUL) return x * y;
    if (p.operation == ARITH_ADD) return x + y;
    if (p.operation == ARITH_ADD_SUB) return (x + y) - y;
    if (p.operation == ARITH_ADD_ADD) return (x + y) + z;
    if (p.operation == ARITH_MUL_CONSTS) return (x * 3.0) * 5.0;
    if (p.operation == ARITH_MUL_PAIRS) return x * y + y * z;
    if (p.operation == ARITH_FROM_INT) return float(floatBitsToInt(x));
    if (p.operation == ARITH_FLOOR) return floor(x);
    if (p.operation == ARITH_SETTLE) return settle(x);
    if (p.operation == ARITH_EXP) return exact_exp(settle(x));
    if (p.operation == ARITH_TANH) return exact_tanh(settle(x));
    if (p.operation == ARITH_SIGMOID) return exact_sigmoid(settle(x));
    if (p.operation == ARITH_RECIPROCAL) return exact_reciprocal(x);
    return exact_rsqrt(x < 0.0 ? -x : x);
}

void main() {
    if (element_column() >= p.width) return;
    uint i = element_row() * p.width + element_column();
    y[i] = result(a[i], b[i], c[i]);
}
