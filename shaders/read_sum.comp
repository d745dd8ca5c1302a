#version 450
// Sums what it reads, 16 bytes at a time: measures how fast a device reads memory. Invocation i of a row reads
// x[i], x[i + width], ... of the row's width * loads vectors, so that neighbours read neighbours.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, uvec4, x);
WRITE(1, uint, y);
PARAMS(ReadSumParams);

void main() {
    if (element_column() >= p.width) return;
    uint first = element_row() * p.loads * p.width + element_column();
    uint sum = 0u;
    for (uint load = 0u; load < p.loads; ++load) {
        uvec4 words = x[first + load * p.width];
        sum += words.x ^ words.y ^ words.z ^ words.w;
    }
    y[element_row() * p.width + element_column()] = sum;
}
