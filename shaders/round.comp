#version 450
// Planes of x, rounded. One invocation per group and plane.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, vec4, x);
WRITE(1, vec4, rounded);
PARAMS(RoundParams);
#include "rounding.glsl"

void main() {
    uint g = element_column(), plane = gl_GlobalInvocationID.z;
    if (g >= p.groups) return;
    uint from = p.x_stride / 4u * ((p.numbers >> (4u * plane)) & 15u) + (element_row() * p.groups + g) * ROUND_QUADS;
    vec4 values[ROUND_QUADS];
    [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) values[j] = x[from + j];
    store_rounded(values, p.y_stride / 4u * plane + rounded_row(element_row(), p.groups), p.groups, g);
}
