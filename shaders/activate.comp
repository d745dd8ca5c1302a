#version 450
// y = activation(x + bias), bias one vector for all rows. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"
#include "activation.glsl"

READ(0, float, x);
READ(1, float, bias);
WRITE(2, float, y);
PARAMS(ActivateParams);

void main() {
    if (element_column() >= p.width) return;
    uint i = element_row() * p.width + element_column();
    y[i] = settle(activate(p.activation, settle(x[i] + bias[element_column()])));
}
