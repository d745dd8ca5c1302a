// y = activation(matrix x + bias) + residual, the matrix in blocks and x rounded: by teams of lanes, with floats.
#include "block_teams.glsl"

void main() {
    choose_product(gl_WorkGroupSize.x / TEAM * OUTS);
    uint first = first_output(), row = gl_WorkGroupID.y * TOKENS, groups = group_count();
    Row rows[OUTS];
    uint x_at[TOKENS];
    places(first, row, groups, rows, x_at);

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
