#version 450
// y = (x - mean) / sqrt(variance + eps) * weight + bias over one group. One workgroup of 32 invocations per
// (row, group), an invocation per range of the sums.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

READ(0, float, x);
READ(1, float, weight);
READ(2, float, bias);
WRITE(3, float, y);
PARAMS(NormParams);

shared float range_sums[32];

// The range sums of all invocations, added in order.
float add_ranges(uint lane, uint ranges, float sum) {
    barrier();
    range_sums[lane] = sum;
    barrier();
    float total = 0.0;
    for (uint r = 0u; r < ranges; ++r) total += range_sums[r];
    return total;
}

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint group = gl_WorkGroupID.x;
    uint base = (gl_WorkGroupID.y * p.groups + group) * p.width;
    uint groups = group_count(p.width, UNIT_VECTOR);
    uint ranges = range_count(groups);
    uint begin = 0u;
    uint end = 0u;
    if (lane < ranges) {
        begin = range_begin(lane, groups, ranges, UNIT_VECTOR);
        end = range_end(lane, groups, ranges, UNIT_VECTOR, p.width);
    }

    float sum = 0.0;
    for (uint i = begin; i < end; ++i) sum += x[base + i];
    float mean = settle(settle(add_ranges(lane, ranges, sum)) * p.inv_width);

    sum = 0.0;
    for (uint i = begin; i < end; ++i) {
        float d = settle(x[base + i] - mean);
        sum += d * d;
    }
    float scale = exact_rsqrt(settle(add_ranges(lane, ranges, sum)) * p.inv_width + p.eps);

    uint first = group * p.width;
    for (uint i = lane; i < p.width; i += 32u) {
        float d = settle(x[base + i] - mean);
        y[base + i] = settle(settle(d * scale) * weight[first + i] + bias[first + i]);
    }
}
