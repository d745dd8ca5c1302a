#version 450
// y = x / sqrt(mean of x^2 + eps) * weight over one group. One workgroup of 32 invocations per (row, group), an
// invocation per range of the sum.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

READ(0, float, x);
READ(1, float, weight);
WRITE(2, float, y);
PARAMS(NormParams);

shared float range_sums[32];

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint group = gl_WorkGroupID.x;
    uint base = (gl_WorkGroupID.y * p.groups + group) * p.width;
    uint groups = group_count(p.width, UNIT_VECTOR);
    uint ranges = range_count(groups);
    float sum = 0.0;
    if (lane < ranges) {
        uint end = range_end(lane, groups, ranges, UNIT_VECTOR, p.width);
        for (uint i = range_begin(lane, groups, ranges, UNIT_VECTOR); i < end; ++i) sum += x[base + i] * x[base + i];
    }
    range_sums[lane] = sum;
    barrier();
    float total = 0.0;
    for (uint r = 0u; r < ranges; ++r) total += range_sums[r];
    float scale = exact_rsqrt(settle(total) * p.inv_width + p.eps);

    uint first = group * p.width;
    for (uint i = lane; i < p.width; i += 32u) y[base + i] = settle(settle(x[base + i] * scale) * weight[first + i]);
}
