#version 450
// y = key * (1 + (rate - 1) * k_a), k_a one vector for all rows. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, key);
READ(1, float, rate);
READ(2, float, k_a);
WRITE(3, float, y);
PARAMS(ElementParams);

void main() {
    if (element_column() >= p.width) return;
    uint i = element_row() * p.width + element_column();
    y[i] = settle(key[i] * settle(1.0 + settle(rate[i] - 1.0) * k_a[element_column()]));
}
