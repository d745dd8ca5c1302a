#version 450
// wkv4, gate, and the rounding of the result. One invocation per channel and sequence, in workgroups of whole groups of
// 32; the state is in registers while the sequence lasts.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "wkv4.glsl"

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, k);
READ(2, float, v);
READ(3, float, gate);
READ(4, float, decay);
READ(5, float, first);
WRITE(6, float, numerator);  // [slot][channel]
WRITE(7, float, denominator);
WRITE(8, float, maximum);
WRITE(9, float, y);
WRITE(10, vec4, rounded);
PARAMS(Head4Params);
#include "rounding.glsl"

shared float results[gl_WorkGroupSize.x];

void round_results(uint row) {
    uint n = gl_LocalInvocationID.x, g = gl_WorkGroupID.x * (gl_WorkGroupSize.x / ROUND_GROUP) + n;
    uint groups = p.width / ROUND_GROUP;
    if (n >= gl_WorkGroupSize.x / ROUND_GROUP || g >= groups) return;
    vec4 values[ROUND_QUADS];
    [[unroll]] for (uint j = 0u; j < ROUND_GROUP; ++j) values[j / 4u][j % 4u] = results[n * ROUND_GROUP + j];
    store_rounded(values, rounded_row(row, groups), groups, g);
}

void main() {
    uvec4 sequence = sequences[gl_WorkGroupID.y];
    if (sequence.y == 0u) return;
    bool is_there = gl_GlobalInvocationID.x < p.width;
    // Invocations past the end repeat the last channel and store nothing: all of a workgroup meet at barriers.
    uint i = min(gl_GlobalInvocationID.x, p.width - 1u);
    uint at = sequence.z * p.width + i;
    Channel state = Channel(numerator[at], denominator[at], maximum[at]);
    for (uint t = 0u; t < sequence.y; ++t) {
        uint row = sequence.x + t, e = row * p.width + i;
        float result = settle(gate[e] * advance(state, first[i], decay[i], k[e], v[e]));
        if (is_there) y[e] = result;
        if ((p.parts & HEAD_ROUND) == 0u) continue;
        barrier();
        results[gl_LocalInvocationID.x] = result;
        barrier();
        round_results(row);
    }
    if (!is_there) return;
    numerator[at] = state.a;
    denominator[at] = state.b;
    maximum[at] = state.top;
}
