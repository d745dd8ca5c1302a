#version 450
// z = x * scale; y = z / |z| over each head, 0 where |z|^2 settles to 0. One invocation per (row, head).
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

READ(0, float, x);
READ(1, float, scale);
WRITE(2, float, y);
PARAMS(HeadParams);

void main() {
    uint head = gl_GlobalInvocationID.x;
    if (head >= p.heads) return;
    uint base = (gl_GlobalInvocationID.y * p.heads + head) * p.head_size;
    uint first = head * p.head_size;
    uint groups = group_count(p.head_size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    float total = 0.0;
    for (uint r = 0u; r < ranges; ++r) {
        float sum = 0.0;
        uint end = range_end(r, groups, ranges, UNIT_VECTOR, p.head_size);
        for (uint j = range_begin(r, groups, ranges, UNIT_VECTOR); j < end; ++j) {
            float z = settle(x[base + j] * scale[first + j]);
            sum += z * z;
        }
        total += sum;
    }
    float square = settle(total);
    float inverse = square > 0.0 ? exact_rsqrt(square) : 0.0;
    for (uint j = 0u; j < p.head_size; ++j) {
        y[base + j] = settle(settle(x[base + j] * scale[first + j]) * inverse);
    }
}
