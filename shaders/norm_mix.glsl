// norm, shift_mix and the rounding of some of its planes, row by row: a workgroup goes through a row in pieces. What a row
// needs of the one above it is computed again, so that rows do not wait for one another. Before: element(i) of what is
// normed; MIX, the NormMixParams; NORM_SLOT, that of what is normed; PIECE, elements of a piece.
READ(NORM_SLOT + 1, float, norm);     // weight, bias
READ(NORM_SLOT + 2, uvec2, entries);  // of each row: read, write; NONE inside a sequence
READ(NORM_SLOT + 3, float, mixes);
WRITE(NORM_SLOT + 4, float, shift);
WRITE(NORM_SLOT + 5, float, planes);
WRITE(NORM_SLOT + 6, vec4, rounded);
WRITE(NORM_SLOT + 7, float, normed_x);
#include "group_norm.glsl"
#include "rounding.glsl"

shared float current[PIECE], difference[PIECE], mixed[PIECE];

float normed(Norm n, uint row, uint i) {
    return apply_norm(n, element(row * MIX.width + i), norm[i], norm[MIX.width + i]);
}

/// Of the row above, or of its entry of the state.
float previous(Norm above, uint row, uint entry, uint i) {
    if (entry == NONE) return normed(above, row - 1u, i);
    return shift[entry * MIX.width + i];
}

/// Which of the rounded planes this one is, if any.
uint number_of(uint plane) {
    uint number = NONE;
    for (uint n = 0u; n < MIX.rounded; ++n)
        if (((MIX.numbers >> (4u * n)) & 15u) == plane) number = n;
    return number;
}

#define IN_PIECE(i) mixed[i]
#include "round_piece.glsl"

/// By all of the workgroup.
void mix_row(uint row) {
    uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
    uint groups = MIX.width / ROUND_GROUP;
    uvec2 entry = entries[row];
    Norm here = norm_of(row * MIX.width, MIX.width, MIX.inv_width, MIX.eps), above = here;
    if (entry.x == NONE) above = norm_of((row - 1u) * MIX.width, MIX.width, MIX.inv_width, MIX.eps);

    for (uint first = 0u; first < MIX.width; first += PIECE) {
        uint count = min(MIX.width - first, PIECE);
        // An invocation reads of `current` and `difference` only what it wrote.
        for (uint i = lane; i < count; i += lanes) {
            float value = normed(here, row, first + i);
            current[i] = value;
            difference[i] = settle(previous(above, row, entry.x, first + i) - value);
            if (entry.y != NONE) shift[entry.y * MIX.width + first + i] = value;
            if (MIX.keep != 0u) normed_x[row * MIX.width + first + i] = value;
        }
        for (uint plane = 0u; plane < MIX.planes; ++plane) {
            for (uint i = lane; i < count; i += lanes) {
                mixed[i] = settle(current[i] + difference[i] * mixes[plane * MIX.width + first + i]);
                planes[plane * MIX.y_stride + row * MIX.width + first + i] = mixed[i];
            }
            uint number = number_of(plane);
            if (number == NONE) continue;
            barrier();
            round_piece(MIX.rounded_stride / 4u * number + rounded_row(row, groups), groups, first, count);
            barrier();
        }
    }
}
