#version 450
// The RWKV-7 recurrence. Per sequence, head and token, state S[j][i] (key j, value i):
//   s[i] = -sum_j S[j][i] kk[j];  S[j][i] = S[j][i] w[j] + s[i] (kk[j] a[j]) + v[i] k[j];  y[i] = sum_j S[j][i] r[j]
// One invocation per value row i; it alone touches its column of S, so nothing needs to be exchanged.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

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
    uint i = gl_GlobalInvocationID.x;
    uint head = gl_GlobalInvocationID.y;
    if (i >= p.head_size) return;
    uvec4 sequence = sequences[gl_GlobalInvocationID.z];
    uint size = p.head_size;
    uint s_base = (sequence.z * p.heads + head) * size * size + i;
    uint groups = group_count(size, UNIT_VECTOR);
    uint ranges = range_count(groups);

    for (uint t = 0u; t < sequence.y; ++t) {
        uint base = (sequence.x + t) * p.width + head * size;
        float total = 0.0;
        for (uint q = 0u; q < ranges; ++q) {
            float sum = 0.0;
            uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
            for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
                sum += state[s_base + j * size] * kk[base + j];
            }
            total += sum;
        }
        float s = -settle(total);
        float v_i = v[base + i];

        total = 0.0;
        for (uint q = 0u; q < ranges; ++q) {
            float sum = 0.0;
            uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
            for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
                uint at = s_base + j * size;
                float decayed = state[at] * w[base + j] + s * settle(kk[base + j] * a[base + j]);
                float updated = settle(decayed + v_i * k[base + j]);
                state[at] = updated;
                sum += updated * r[base + j];
            }
            total += sum;
        }
        y[base + i] = settle(total);
    }
}
