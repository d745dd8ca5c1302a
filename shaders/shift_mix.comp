#version 450
// y[c] = x + (previous - x) * mixes[c] for every plane c, where previous is the row above or, for the first row
// of a sequence, its entry of the shift state. The last row of a sequence is stored in another entry of the
// state, so no row reads what this dispatch writes. One invocation per element of x.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, float, x);
READ(1, uvec2, entries);  // of each row: read, write; NONE inside a sequence
READ(2, float, mixes);
WRITE(3, float, shift);
WRITE(4, float, y);
PARAMS(ShiftMixParams);

void main() {
    uint column = element_column();
    if (column >= p.width) return;
    uint i = element_row() * p.width + column;
    uvec2 entry = entries[element_row()];
    float current = x[i];
    float previous;
    if (entry.x == NONE) previous = x[i - p.width];
    else previous = shift[entry.x * p.width + column];
    if (entry.y != NONE) shift[entry.y * p.width + column] = current;
    float difference = settle(previous - current);
    for (uint plane = 0u; plane < p.planes; ++plane) {
        y[plane * p.plane_stride + i] = settle(current + difference * mixes[plane * p.width + column]);
    }
}
