#version 450
// y = z + (sum_j r[j] k[j] r_k[j]) v over each head. One invocation per (row, head).
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

READ(0, float, z);
READ(1, float, r);
READ(2, float, k);
READ(3, float, v);
READ(4, float, r_k);
WRITE(5, float, y);
PARAMS(HeadParams);

void main() {
    uint head = gl_GlobalInvocationID.x;
    if (head >= p.heads) return;
    uint base = (gl_GlobalInvocationID.y * p.heads + head) * p.head_size;
    uint first = head * p.head_size;
    uint groups = group_count(p.head_size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    float total = 0.0;
    for (uint q = 0u; q < ranges; ++q) {
        float sum = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_VECTOR, p.head_size);
        for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
            sum += settle(r[base + j] * k[base + j]) * r_k[first + j];
        }
        total += sum;
    }
    float dot_product = settle(total);
    for (uint j = 0u; j < p.head_size; ++j) y[base + j] = settle(z[base + j] + dot_product * v[base + j]);
}
