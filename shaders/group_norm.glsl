// Mean and scale of a group of elements of x, by a workgroup of at least 32 invocations, of which 32 have a range of the
// sums each. Before: common.glsl, x.
#include "ranges.glsl"

shared float range_sums[32];

/// The range sums of all invocations, added in order.
float add_ranges(uint ranges, float sum) {
    barrier();
    if (gl_LocalInvocationID.x < 32u) range_sums[gl_LocalInvocationID.x] = sum;
    barrier();
    float total = 0.0;
    for (uint r = 0u; r < ranges; ++r) total += range_sums[r];
    return total;
}

/// A norm is (x - mean) * scale.
struct Norm {
    float mean, scale;
};

/// Of `width` elements from `base` on.
Norm norm_of(uint base, uint width, float inv_width, float eps) {
    uint groups = group_count(width, UNIT_VECTOR);
    uint ranges = range_count(groups);
    uint begin = 0u;
    uint end = 0u;
    if (gl_LocalInvocationID.x < ranges) {
        begin = range_begin(gl_LocalInvocationID.x, groups, ranges, UNIT_VECTOR);
        end = range_end(gl_LocalInvocationID.x, groups, ranges, UNIT_VECTOR, width);
    }
    float sum = 0.0;
    for (uint i = begin; i < end; ++i) sum += x[base + i];
    float mean = settle(settle(add_ranges(ranges, sum)) * inv_width);

    sum = 0.0;
    for (uint i = begin; i < end; ++i) {
        float d = settle(x[base + i] - mean);
        sum += d * d;
    }
    return Norm(mean, exact_rsqrt(settle(add_ranges(ranges, sum)) * inv_width + eps));
}

float apply_norm(Norm norm, float value, float weight, float bias) {
    float d = settle(value - norm.mean);
    return settle(settle(d * norm.scale) * weight + bias);
}
