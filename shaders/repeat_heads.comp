#version 450
// Every head of x stands `repeat` times in y. One invocation per element of y.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, x);
WRITE(1, float, y);
PARAMS(RepeatParams);

void main() {
    uint column = element_column();
    if (column >= p.width) return;
    uint from = column / (p.head_size * p.repeat) * p.head_size + column % p.head_size;
    y[element_row() * p.width + column] = x[element_row() * (p.width / p.repeat) + from];
}
