#version 450
// The recurrence of RWKV-5 and 6. Per sequence, head and token, state S[j][i] (key j, value i):
//   y[i] = sum_j S[j][i] r[j] + (sum_j r[j] k[j] u[j]) v[i];  S[j][i] = S[j][i] w[j] + v[i] k[j]
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
READ(5, float, u);
WRITE(6, float, state);  // [slot][head][j][i]
WRITE(7, float, y);
PARAMS(Wkv6Params);

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
        uint decay = (sequence.x + t) * p.decay_stride + head * size;
        float total[VALUES], v_i[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            total[n] = 0.0;
            v_i[n] = v[base + value[n]];
        }
        float bonus_total = 0.0;
        for (uint q = 0u; q < ranges; ++q) {
            float sum[VALUES];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
            float bonus_sum = 0.0;
            uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
            for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
                float r_j = r[base + j];
                float w_j = w[decay + j];
                float k_j = k[base + j];
                bonus_sum += settle(r_j * k_j) * u[head * size + j];
                [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
                    uint at = matrix + j * size + value[n];
                    float old = state[at];
                    sum[n] += old * r_j;
                    float updated = settle(old * w_j + v_i[n] * k_j);
                    if (first + n * lanes < size) state[at] = updated;
                }
            }
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
            bonus_total += bonus_sum;
        }
        float bonus = settle(bonus_total);
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            if (first + n * lanes < size) y[base + value[n]] = settle(settle(total[n]) + bonus * v_i[n]);
        }
    }
}
