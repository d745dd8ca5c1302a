// Mean and scale of a group of elements, by a workgroup. Before: common.glsl, element(i).
#include "ranges.glsl"

shared float range_sums[32];

/// What the invocations put there, added in order.
float add_ranges(uint ranges) {
    barrier();
    float total = 0.0;
    for (uint r = 0u; r < ranges; ++r) total += range_sums[r];
    barrier();
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
    uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
    for (uint r = lane; r < ranges; r += lanes) {
        float sum = 0.0;
        uint end = range_end(r, groups, ranges, UNIT_VECTOR, width);
        for (uint i = range_begin(r, groups, ranges, UNIT_VECTOR); i < end; ++i) sum += element(base + i);
        range_sums[r] = sum;
    }
    float mean = settle(settle(add_ranges(ranges)) * inv_width);

    for (uint r = lane; r < ranges; r += lanes) {
        float sum = 0.0;
        uint end = range_end(r, groups, ranges, UNIT_VECTOR, width);
        for (uint i = range_begin(r, groups, ranges, UNIT_VECTOR); i < end; ++i) {
            float d = settle(element(base + i) - mean);
            sum += d * d;
        }
        range_sums[r] = sum;
    }
    return Norm(mean, exact_rsqrt(settle(add_ranges(ranges)) * inv_width + eps));
}

float apply_norm(Norm norm, float value, float weight, float bias) {
    float d = settle(value - norm.mean);
    return settle(settle(d * norm.scale) * weight + bias);
}
