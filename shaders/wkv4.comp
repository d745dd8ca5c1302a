#version 450
// The RWKV-4 recurrence. Per sequence, channel and token, with the largest exponent so far p:
//   q = max(p, u + k);  y = (e^(p-q) a + e^(u+k-q) v) / (e^(p-q) b + e^(u+k-q))
//   q = max(p + w, k);  a = e^(p+w-q) a + e^(k-q) v;  b = e^(p+w-q) b + e^(k-q);  p = q
// One invocation per channel and sequence; the state is in registers while the sequence lasts.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

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
    float a = numerator[at], b = denominator[at], top = maximum[at];
    float u = first[i], w = decay[i];
    for (uint t = 0u; t < sequence.y; ++t) {
        uint row = (sequence.x + t) * p.width + i;
        float k_t = k[row], v_t = v[row];

        float here = settle(u + k_t);
        float q = top > here ? top : here;
        float past = exact_exp(settle(top - q)), now = exact_exp(settle(here - q));
        float sum = settle(past * a + now * v_t);
        y[row] = settle(sum * exact_bounded_reciprocal(settle(past * b + now)));

        float decayed = settle(top + w);
        q = decayed > k_t ? decayed : k_t;
        past = exact_exp(settle(decayed - q));
        now = exact_exp(settle(k_t - q));
        a = settle(past * a + now * v_t);
        b = settle(past * b + now);
        top = q;
    }
    numerator[at] = a;
    denominator[at] = b;
    maximum[at] = top;
}
