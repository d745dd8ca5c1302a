#version 450
// y = from + (to - from) * amount. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, from);
READ(1, float, to);
READ(2, float, amount);
WRITE(3, float, y);
PARAMS(ElementParams);

void main() {
    if (element_column() >= p.width) return;
    uint i = element_row() * p.width + element_column();
    y[i] = settle(from[i] + settle(to[i] - from[i]) * amount[i]);
}
