#version 450
// y = a * (1 - b). One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, a);
READ(1, float, b);
WRITE(2, float, y);
PARAMS(ElementParams);

void main() {
    if (element_column() >= p.width) return;
    uint i = element_row() * p.width + element_column();
    y[i] = settle(a[i] * settle(1.0 - b[i]));
}
