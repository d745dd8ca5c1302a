#version 450
// Gated linear attention. Per sequence, head and token, state S[j][i] (key j, value i):
//   S[j][i] = S[j][i] w[j] + v[i] k[j];  y[i] = scale * sum_j S[j][i] r[j]
// One invocation makes VALUES value rows i; it alone touches their columns of S, so nothing needs to be exchanged.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

layout(constant_id = 1) const uint VALUES = 1u;

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, r);
READ(2, float, w);
READ(3, float, k);
READ(4, float, v);
WRITE(5, float, state);  // [slot][head][j][i]
WRITE(6, float, y);
PARAMS(GlaParams);

void main() {
    uint lanes = gl_WorkGroupSize.x;
    uint first = gl_WorkGroupID.x * lanes * VALUES + gl_LocalInvocationID.x;
    uint head = gl_WorkGroupID.y;
    uvec4 sequence = sequences[gl_WorkGroupID.z];
    uint size = p.head_size;
    uint matrix = (sequence.z * p.heads + head) * size * size;
    uint groups = group_count(size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    if (first >= size) return;

    // Value rows past the end repeat the last one that is there; they are computed and not stored.
    uint value[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) value[n] = min(first + n * lanes, size - 1u);

    for (uint t = 0u; t < sequence.y; ++t) {
        uint base = (sequence.x + t) * p.width + head * size;
        float total[VALUES], v_i[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            total[n] = 0.0;
            v_i[n] = v[base + value[n]];
        }
        for (uint q = 0u; q < ranges; ++q) {
            float sum[VALUES];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
            uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
            for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
                float r_j = r[base + j];
                float w_j = w[base + j];
                float k_j = k[base + j];
                [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
                    uint at = matrix + j * size + value[n];
                    float updated = settle(state[at] * w_j + v_i[n] * k_j);
                    sum[n] += updated * r_j;
                    if (first + n * lanes < size) state[at] = updated;
                }
            }
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            if (first + n * lanes < size) y[base + value[n]] = settle(settle(total[n]) * p.scale);
        }
    }
}
