// Kernels of `linear_blocks` by subgroups: a team of min(CHAINS, subgroup) lanes makes OUTS outputs of TOKENS rows, each
// lane the chains lane, lane + TEAM, ... Packing "block_rows": the lanes of a team read neighbouring groups.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
const uint TILE = 1u;
#include "block_terms.glsl"

layout(constant_id = 3) const uint SUBGROUP = 32u;
const uint TEAM = SUBGROUP < CHAINS ? SUBGROUP : CHAINS;
const uint CHAINS_PER_LANE = CHAINS / TEAM;
const uint CHAIN_SUMS = CHAINS_PER_LANE * SUMS;

uint team_lane() { return gl_SubgroupInvocationID % TEAM; }
/// Of the team.
uint first_output() {
    uint team = (gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID) / TEAM;
    return (workgroup * (gl_WorkGroupSize.x / TEAM) + team) * OUTS;
}

/// Where the team's outputs and its rows lie; those past the end repeat the last one, so that every load stays inside.
void places(uint first, uint row, uint groups, out Row rows[OUTS], out uint x_at[TOKENS]) {
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) rows[o] = row_of(product.matrix * 4u, min(first + o, product.outs - 1u), groups);
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = x_row(row + t);
}

/// Adds the chains, of which the lanes have CHAINS_PER_LANE of each sum, in order, and writes what they make.
void write_outputs(float chains[CHAIN_SUMS], uint first, uint row) {
    uint team_base = gl_SubgroupInvocationID - team_lane();
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
        [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
            float total = 0.0;
            [[unroll]] for (uint c = 0u; c < CHAINS; ++c) {
                uint bits = floatBitsToUint(chains[c / TEAM * SUMS + t * OUTS + o]);
                total += uintBitsToFloat(subgroupShuffle(bits, team_base + c % TEAM));
            }
            if (team_lane() == 0u && first + o < product.outs && row + t < p.rows) store_total(total, row + t, first + o);
        }
    }
}
