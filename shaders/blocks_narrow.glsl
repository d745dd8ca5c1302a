// y = activation(matrix x + bias) + residual, the matrix in blocks and x rounded: a lane per output, no shared memory, no barrier.
// Packing "block_tiles": the lanes of a subgroup read neighbouring rows, and groups lie in the order of the chains.
const uint TILE = 32u;
#include "block_terms.glsl"

// On llvmpipe loads by lane wait for memory one after the other; loads that are the same for all lanes do not. So these
// fetch what the next group needs.
layout(constant_id = 3) const uint FETCH = 0u;

/// For the rows of the workgroup, which begin at `first`.
uint touch_rows(uint first, uint last_tile_row, uint groups, uint place) {
    uint bits = 0u;
    [[unroll]] for (uint n = 0u; n < gl_WorkGroupSize.x * OUTS; n += TILE)
        bits |= touch_quants(row_of(product.matrix * 4u, min(first + n, last_tile_row), groups), place);
    return bits;
}

void main() {
    choose_product(gl_WorkGroupSize.x * OUTS);
    uint lanes = gl_WorkGroupSize.x;
    uint group_first = workgroup * lanes * OUTS, first = group_first + gl_LocalInvocationID.x;
    uint row = gl_WorkGroupID.y * TOKENS;
    uint groups = group_count();
    // Outputs past the end repeat the last one, so that every load stays inside the buffer.
    Row rows[OUTS];
    uint last_tile_row = (product.outs + TILE - 1u) / TILE * TILE - 1u;
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) rows[o] = row_of(product.matrix * 4u, min(first + o * lanes, last_tile_row), groups);
    uint x_at[TOKENS];
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = x_row(row + t);

    float total[SUMS];
    [[unroll]] for (uint i = 0u; i < SUMS; ++i) total[i] = 0.0;
    uint place = 0u, fetched = 0u;
    for (uint c = 0u; c < CHAINS; ++c) {
        float chain[SUMS];
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) chain[i] = 0.0;
        for (uint g = c; g < groups; g += CHAINS) {
            if (FETCH != 0u) fetched |= touch_rows(group_first, last_tile_row, groups, min(place + 1u, groups - 1u));
            add_terms(chain, rows, x_at, groups, g, place++);
        }
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) total[i] += chain[i];
    }

    // Rows are fewer than 2^31, so this changes no bit, which compilers do not know.
    if (FETCH != 0u) total[0] = uintBitsToFloat(floatBitsToUint(total[0]) | (fetched & (p.rows >> 31)));

    // A loop in which the next row's totals move to the front, so that the activation is compiled once per output
    // and not once per output and row.
    [[dont_unroll]] for (uint t = 0u; t < TOKENS; ++t) {
        [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
            uint n = first + o * lanes;
            if (n < product.outs && row + t < p.rows) store_total(total[o], row + t, n);
        }
        [[unroll]] for (uint i = OUTS; i < SUMS; ++i) total[i - OUTS] = total[i];
    }
    go_on();
}
