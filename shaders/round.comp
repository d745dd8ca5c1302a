#version 450
// Planes of x, rounded. One invocation per group and plane.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"
#include "rounding.glsl"

READ(0, vec4, x);
WRITE(1, vec4, y);
PARAMS(RoundParams);

void main() {
    uint g = element_column(), plane = gl_GlobalInvocationID.z;
    if (g >= p.groups) return;
    uint from = p.x_stride / 4u * ((p.numbers >> (4u * plane)) & 15u) + (element_row() * p.groups + g) * ROUND_QUADS;
    uint row = p.y_stride / 4u * plane + element_row() * p.groups * (ROUND_QUADS + 1u);

    vec4 values[ROUND_QUADS];
    [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) values[j] = x[from + j];
    RoundedGroup rounded = round_group(values);
    [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) y[row + g * ROUND_QUADS + j] = rounded.values[j];
    y[row + p.groups * ROUND_QUADS + g] = rounded.facts;
}
