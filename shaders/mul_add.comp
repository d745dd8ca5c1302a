#version 450
// y = x + a * b. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, x);
READ(1, float, a);
READ(2, float, b);
WRITE(3, float, y);
PARAMS(ElementParams);

void main() {
    if (element_column() >= p.width) return;
    uint i = element_row() * p.width + element_column();
    y[i] = settle(x[i] + settle(a[i] * b[i]));
}
