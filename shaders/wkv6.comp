#version 450
// The recurrence of RWKV-5 and 6. An invocation has VALUES value rows, so nothing needs to be exchanged.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, r);
READ(2, float, w);
READ(3, float, k);
READ(4, float, v);
READ(5, float, u);
WRITE(6, float, state);  // [slot][head][j][i]
WRITE(7, float, y);
PARAMS(Wkv6Params);

#define WORKGROUP gl_WorkGroupID.x
#include "channels.glsl"
#include "wkv6.glsl"

void main() {
    if (channel(0u) >= p.head_size) return;
    uint head = gl_WorkGroupID.y, first = head * p.head_size;
    uvec4 sequence = sequences[gl_WorkGroupID.z];
    uint matrix = (sequence.z * p.heads + head) * p.head_size * p.head_size;
    for (uint t = 0u; t < sequence.y; ++t) {
        uint row = sequence.x + t, base = row * p.width + first;
        float v_i[VALUES], result[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) v_i[n] = v[base + inside(n)];
        advance(matrix, base, row * p.decay_stride + first, first, v_i, result);
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            if (is_channel(n)) y[base + channel(n)] = result[n];
        }
    }
}
