#version 450
// The RWKV-7 recurrence. An invocation has VALUES value rows, so nothing needs to be exchanged.
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

#define WORKGROUP gl_WorkGroupID.x
#include "channels.glsl"

uint base;  // where the head's channels of the token begin
float key_r(uint j) { return r[base + j]; }
float key_w(uint j) { return w[base + j]; }
float key_k(uint j) { return k[base + j]; }
float key_kk(uint j) { return kk[base + j]; }
float key_rate(uint j) { return settle(kk[base + j] * a[base + j]); }
#include "wkv7.glsl"

void main() {
    if (channel(0u) >= p.head_size) return;
    uint head = gl_WorkGroupID.y;
    uvec4 sequence = sequences[gl_WorkGroupID.z];
    uint matrix = (sequence.z * p.heads + head) * p.head_size * p.head_size;
    for (uint t = 0u; t < sequence.y; ++t) {
        base = (sequence.x + t) * p.width + head * p.head_size;
        float v_i[VALUES], result[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) v_i[n] = v[base + inside(n)];
        advance(matrix, v_i, result);
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
            if (is_channel(n)) y[base + channel(n)] = result[n];
        }
    }
}
