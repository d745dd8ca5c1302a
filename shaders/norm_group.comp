#version 450
// y = (x - mean) / sqrt(variance + eps) * weight + bias over one group. One workgroup of 32 invocations per
// (row, group).
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

READ(0, float, x);
READ(1, float, weight);
READ(2, float, bias);
WRITE(3, float, y);
PARAMS(NormParams);
float element(uint i) { return x[i]; }
#include "group_norm.glsl"

void main() {
    uint group = gl_WorkGroupID.x;
    uint base = (gl_WorkGroupID.y * p.groups + group) * p.width;
    Norm norm = norm_of(base, p.width, p.inv_width, p.eps);
    uint first = group * p.width;
    for (uint i = gl_LocalInvocationID.x; i < p.width; i += gl_WorkGroupSize.x)
        y[base + i] = apply_norm(norm, element(base + i), weight[first + i], bias[first + i]);
}
