#version 450
// y = (x - mean) / sqrt(variance + eps) * weight + bias over one group. One invocation per (row, group).
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

READ(0, float, x);
READ(1, float, weight);
READ(2, float, bias);
WRITE(3, float, y);
PARAMS(NormParams);

void main() {
    uint group = gl_GlobalInvocationID.x;
    if (group >= p.groups) return;
    uint base = (gl_GlobalInvocationID.y * p.groups + group) * p.width;
    uint groups = group_count(p.width, UNIT_VECTOR);
    uint ranges = range_count(groups);

    float total = 0.0;
    for (uint r = 0u; r < ranges; ++r) {
        float sum = 0.0;
        uint end = range_end(r, groups, ranges, UNIT_VECTOR, p.width);
        for (uint i = range_begin(r, groups, ranges, UNIT_VECTOR); i < end; ++i) sum += x[base + i];
        total += sum;
    }
    float mean = settle(settle(total) * p.inv_width);

    total = 0.0;
    for (uint r = 0u; r < ranges; ++r) {
        float sum = 0.0;
        uint end = range_end(r, groups, ranges, UNIT_VECTOR, p.width);
        for (uint i = range_begin(r, groups, ranges, UNIT_VECTOR); i < end; ++i) {
            float d = settle(x[base + i] - mean);
            sum += d * d;
        }
        total += sum;
    }
    float scale = exact_rsqrt(settle(total) * p.inv_width + p.eps);

    uint first = group * p.width;
    for (uint i = 0u; i < p.width; ++i) {
        float d = settle(x[base + i] - mean);
        y[base + i] = settle(settle(d * scale) * weight[first + i] + bias[first + i]);
    }
}
