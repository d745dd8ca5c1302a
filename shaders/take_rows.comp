#version 450
// y[i] = x[numbers[i]], whole rows. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, x);
READ(1, uint, numbers);
WRITE(2, float, y);
PARAMS(ElementParams);

void main() {
    if (element_column() >= p.width) return;
    y[element_row() * p.width + element_column()] = x[numbers[element_row()] * p.width + element_column()];
}
