#version 450
// The RWKV-4 recurrence. One invocation per channel and sequence; the state is in registers while the sequence lasts.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "wkv4.glsl"

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, k);
READ(2, float, v);
READ(3, float, decay);
READ(4, float, first);
WRITE(5, float, numerator);  // [slot][channel]
WRITE(6, float, denominator);
WRITE(7, float, maximum);
WRITE(8, float, y);
PARAMS(ElementParams);

void main() {
    uint i = gl_GlobalInvocationID.x;
    uvec4 sequence = sequences[gl_WorkGroupID.y];
    if (i >= p.width || sequence.y == 0u) return;
    uint at = sequence.z * p.width + i;
    Channel state = Channel(numerator[at], denominator[at], maximum[at]);
    for (uint t = 0u; t < sequence.y; ++t) {
        uint row = (sequence.x + t) * p.width + i;
        y[row] = advance(state, first[i], decay[i], k[row], v[row]);
    }
    numerator[at] = state.a;
    denominator[at] = state.b;
    maximum[at] = state.top;
}
