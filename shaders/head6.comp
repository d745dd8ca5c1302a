#version 450
// What RWKV-5 and 6 do inside a head, token after token: wkv6, norm, gate, and the rounding of the result; HEAD_ (params.h)
// name the parts that may be missing. One workgroup per head and sequence.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, r);
READ(2, float, w);
READ(3, float, k);
READ(4, float, v);
READ(5, float, u);
READ(6, float, gate);
READ(7, float, vectors);  // the norm's weight and bias
WRITE(8, float, state);   // [slot][head][j][i]
WRITE(9, float, y);
WRITE(10, vec4, rounded);
PARAMS(Head6Params);
const uint NORM_VECTORS = 0u;
#include "head.glsl"
float gate_of(uint base, uint n) { return gate[base + inside(n)]; }
#include "wkv6.glsl"

void token(uint row, uint head, uint matrix) {
    uint first = head * p.head_size, base = row * p.width + first;
    float v_c[VALUES], z[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) v_c[n] = v[base + inside(n)];
    advance(matrix, base, row * p.decay_stride + first, first, v_c, z);
    norm_head(first, z);
    finish_head(row, first, z);
}

void main() {
    uint head = gl_WorkGroupID.x;
    uvec4 sequence = sequences[gl_WorkGroupID.y];
    uint matrix = (sequence.z * p.heads + head) * p.head_size * p.head_size;
    for (uint t = 0u; t < sequence.y; ++t) token(sequence.x + t, head, matrix);
}
