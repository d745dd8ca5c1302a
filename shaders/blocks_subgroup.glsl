// y = activation(matrix x + bias) + residual, the matrix in blocks and x rounded: by teams of lanes, with floats.
#include "block_teams.glsl"

void main() {
    choose_product(gl_WorkGroupSize.x / TEAM * OUTS);
    uint first = first_output(), row = gl_WorkGroupID.y * TOKENS, groups = group_count();
    Row rows[OUTS];
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) rows[o] = row_of(product.matrix * 4u, min(first + o, product.outs - 1u), groups);
    uint x_at[TOKENS];
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = x_row(row + t);

    float chains[CHAIN_SUMS];
    [[unroll]] for (uint c = 0u; c < CHAINS_PER_LANE; ++c) {
        float chain[SUMS];
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) chain[i] = 0.0;
        for (uint g = team_lane() + c * TEAM; g < groups; g += CHAINS)
            add_terms(chain, rows, x_at, groups, g, g);
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) chains[c * SUMS + i] = chain[i];
    }
    write_outputs(chains, first, row);
    go_on();
}
