#version 450
// y = activation(matrix x), the matrix in blocks and x rounded: a lane per output, no shared memory, no barrier.
// Packing "block_tiles": the lanes of a subgroup read neighbouring rows, and groups lie in the order of the chains.
#extension GL_GOOGLE_include_directive : require
const uint TILE = 32u;
#include "block_products.glsl"

void main() {
    uint lanes = gl_WorkGroupSize.x;
    uint first = gl_WorkGroupID.x * lanes * OUTS + gl_LocalInvocationID.x;
    uint row = gl_WorkGroupID.y * TOKENS;
    uint groups = group_count();
    // Outputs past the end repeat the last one, so that every load stays inside the buffer.
    Row rows[OUTS];
    uint last_tile_row = (p.outs + TILE - 1u) / TILE * TILE - 1u;
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) rows[o] = row_of(min(first + o * lanes, last_tile_row), groups);
    uint x_at[TOKENS];
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = x_row(row + t);

    float total[SUMS];
    [[unroll]] for (uint i = 0u; i < SUMS; ++i) total[i] = 0.0;
    uint place = 0u;
    for (uint c = 0u; c < CHAINS; ++c) {
        float chain[SUMS];
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) chain[i] = 0.0;
        for (uint g = c; g < groups; g += CHAINS) add_terms(chain, rows, x_at, groups, g, place++);
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) total[i] += chain[i];
    }

    // A loop in which the next row's totals move to the front, so that the activation is compiled once per output
    // and not once per output and row.
    [[dont_unroll]] for (uint t = 0u; t < TOKENS; ++t) {
        [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
            uint n = first + o * lanes;
            if (n < p.outs && row + t < p.rows) {
                y[(row + t) * p.out_width + p.first_out + n] =
                    settle(activate(p.activation, settle(total[o])));
            }
        }
        [[unroll]] for (uint i = OUTS; i < SUMS; ++i) total[i - OUTS] = total[i];
    }
}
