#version 450
// The RWKV-7 recurrence. Per sequence, head and token, state S[j][i] (key j, value i):
//   s[i] = -sum_j S[j][i] kk[j];  S[j][i] = S[j][i] w[j] + s[i] (kk[j] a[j]) + v[i] k[j];  y[i] = sum_j S[j][i] r[j]
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
READ(5, float, kk);
READ(6, float, a);
WRITE(7, float, state);  // [slot][head][j][i]
WRITE(8, float, y);
PARAMS(Wkv7Params);

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
        float total[VALUES], s[VALUES], v_i[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] = 0.0;
        for (uint q = 0u; q < ranges; ++q) {
            float sum[VALUES];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
            uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
            for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
                float kk_j = kk[base + j];
                [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] += state[matrix + j * size + value[n]] * kk_j;
            }
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            s[n] = -settle(total[n]);
            v_i[n] = v[base + value[n]];
            total[n] = 0.0;
        }
        for (uint q = 0u; q < ranges; ++q) {
            float sum[VALUES];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
            uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
            for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
                float w_j = w[base + j];
                float rate = settle(kk[base + j] * a[base + j]);
                float k_j = k[base + j];
                float r_j = r[base + j];
                [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
                    uint at = matrix + j * size + value[n];
                    float updated = settle((state[at] * w_j + s[n] * rate) + v_i[n] * k_j);
                    if (first + n * lanes < size) state[at] = updated;
                    sum[n] += updated * r_j;
                }
            }
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            if (first + n * lanes < size) y[base + value[n]] = settle(total[n]);
        }
    }
}
