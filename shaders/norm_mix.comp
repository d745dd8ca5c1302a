#version 450
// norm, shift_mix and the rounding of some of its planes. One workgroup per row. What a row needs of the one above it
// is computed again, so that rows do not wait for one another.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "rounding.glsl"

READ(0, float, x);
READ(1, float, norm);     // weight, bias
READ(2, uvec2, entries);  // of each row: read, write; NONE inside a sequence
READ(3, float, mixes);
WRITE(4, float, shift);
WRITE(5, float, y);
WRITE(6, vec4, rounded);
WRITE(7, float, normed_x);
PARAMS(NormMixParams);
#include "group_norm.glsl"

float normed(Norm n, uint row, uint i) {
    return apply_norm(n, x[row * p.width + i], norm[i], norm[p.width + i]);
}

/// Of the row above, or of its entry of the state.
float previous(Norm above, uint row, uint entry, uint i) {
    if (entry == NONE) return normed(above, row - 1u, i);
    return shift[entry * p.width + i];
}

float mixed(float current, float difference, uint plane, uint i) {
    return settle(current + difference * mixes[plane * p.width + i]);
}

void main() {
    uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
    uint row = gl_WorkGroupID.y;
    uvec2 entry = entries[row];
    Norm here = norm_of(row * p.width, p.width, p.inv_width, p.eps), above = here;
    if (entry.x == NONE) above = norm_of((row - 1u) * p.width, p.width, p.inv_width, p.eps);

    for (uint i = lane; i < p.width; i += lanes) {
        float current = normed(here, row, i);
        float difference = settle(previous(above, row, entry.x, i) - current);
        if (entry.y != NONE) shift[entry.y * p.width + i] = current;
        if (p.keep != 0u) normed_x[row * p.width + i] = current;
        for (uint plane = 0u; plane < p.planes; ++plane)
            y[plane * p.y_stride + row * p.width + i] = mixed(current, difference, plane, i);
    }

    uint groups = p.width / ROUND_GROUP;
    for (uint item = lane; item < groups * p.rounded; item += lanes) {
        uint n = item / groups, g = item % groups;
        uint plane = (p.numbers >> (4u * n)) & 15u;
        vec4 values[ROUND_QUADS];
        [[unroll]] for (uint j = 0u; j < ROUND_GROUP; ++j) {
            uint i = g * ROUND_GROUP + j;
            float current = normed(here, row, i);
            float difference = settle(previous(above, row, entry.x, i) - current);
            values[j / 4u][j % 4u] = mixed(current, difference, plane, i);
        }
        RoundedGroup result = round_group(values);
        uint to = p.rounded_stride / 4u * n + row * groups * (ROUND_QUADS + 1u);
        [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) rounded[to + g * ROUND_QUADS + j] = result.values[j];
        rounded[to + groups * ROUND_QUADS + g] = result.facts;
    }
}
