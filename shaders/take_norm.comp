#version 450
// The norm of rows that numbers choose, and its rounding: what the head is multiplied with. One workgroup per row.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

READ(0, float, x);
READ(1, uint, numbers);
READ(2, float, weight);
READ(3, float, bias);
WRITE(4, float, y);
WRITE(5, vec4, rounded);
PARAMS(TakeNormParams);
float element(uint i) { return x[i]; }
#include "group_norm.glsl"
#include "rounding.glsl"

const uint PIECE = 1024u;  // elements
shared float normed[PIECE];
#define IN_PIECE(i) normed[i]
#include "round_piece.glsl"

void main() {
    uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
    uint row = gl_WorkGroupID.y, from = numbers[row] * p.width;
    uint groups = p.width / ROUND_GROUP;
    Norm norm = norm_of(from, p.width, p.inv_width, p.eps);
    for (uint first = 0u; first < p.width; first += PIECE) {
        uint count = min(p.width - first, PIECE);
        for (uint i = lane; i < count; i += lanes) {
            normed[i] = apply_norm(norm, element(from + first + i), weight[first + i], bias[first + i]);
            y[row * p.width + first + i] = normed[i];
        }
        if (p.rounded == 0u) continue;
        barrier();
        round_piece(rounded_row(row, groups), groups, first, count);
        barrier();
    }
}
