#version 450
// y[c] = x + (previous - x) * (mixes[c] + added[c]) for the five planes c of RWKV-6, whose mixes depend on the
// token; previous as in shift_mix, which has stored the last row already. One invocation per element of x.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, x);
READ(1, uvec2, entries);  // of each row: read, write; NONE inside a sequence
READ(2, float, mixes);
READ(3, float, added_w);
READ(4, float, added_k);
READ(5, float, added_v);
READ(6, float, added_r);
READ(7, float, added_g);
READ(8, float, shift);
WRITE(9, float, y);
PARAMS(ShiftMixParams);

void main() {
    uint column = element_column();
    if (column >= p.width) return;
    uint i = element_row() * p.width + column;
    uint entry = entries[element_row()].x;
    float current = x[i];
    float previous;
    if (entry == NONE) previous = x[i - p.width];
    else previous = shift[entry * p.width + column];
    float difference = settle(previous - current);
    float added[5] = float[5](added_w[i], added_k[i], added_v[i], added_r[i], added_g[i]);
    [[unroll]] for (uint plane = 0u; plane < 5u; ++plane) {
        float mix = settle(mixes[plane * p.width + column] + added[plane]);
        y[plane * p.plane_stride + i] = settle(current + difference * mix);
    }
}
