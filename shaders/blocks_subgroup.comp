#version 450
// y = activation(matrix x), the matrix in blocks and x rounded: a team of min(CHAINS, subgroup) lanes per OUTS outputs of
// TOKENS rows, each lane adding the groups of the chains lane, lane + TEAM, ...; the chains are then read from lane to
// lane and added in order. Packing "block_rows": the lanes of a team read neighbouring groups.
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
const uint TILE = 1u;
#include "block_products.glsl"

layout(constant_id = 3) const uint SUBGROUP = 32u;
const uint TEAM = SUBGROUP < CHAINS ? SUBGROUP : CHAINS;
const uint CHAINS_PER_LANE = CHAINS / TEAM;

void main() {
    uint lane = gl_SubgroupInvocationID % TEAM;
    uint team_base = gl_SubgroupInvocationID - lane;
    uint team = gl_WorkGroupID.x * (gl_WorkGroupSize.x / TEAM) + (gl_SubgroupID * SUBGROUP + team_base) / TEAM;
    uint first = team * OUTS;
    uint row = gl_WorkGroupID.y * TOKENS;
    uint groups = p.in_width / ROUND_GROUP;

    // Outputs and rows past the end repeat the last one, so that every load stays inside the buffers.
    Row rows[OUTS];
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) rows[o] = row_of(min(first + o, p.outs - 1u), groups);
    uint x_at[TOKENS];
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = min(row + t, p.rows - 1u) * groups * (QUADS + 1u);

    float chains[CHAINS_PER_LANE * SUMS];
    [[unroll]] for (uint c = 0u; c < CHAINS_PER_LANE; ++c) {
        float chain[SUMS];
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) chain[i] = 0.0;
        for (uint g = lane + c * TEAM; g < groups; g += CHAINS) add_terms(chain, rows, x_at, groups, g, g);
        [[unroll]] for (uint i = 0u; i < SUMS; ++i) chains[c * SUMS + i] = chain[i];
    }

    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
        [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
            float total = 0.0;
            [[unroll]] for (uint c = 0u; c < CHAINS; ++c) {
                uint bits = floatBitsToUint(chains[c / TEAM * SUMS + t * OUTS + o]);
                total += uintBitsToFloat(subgroupShuffle(bits, team_base + c % TEAM));
            }
            if (lane == 0u && first + o < p.outs && row + t < p.rows) {
                y[(row + t) * p.out_width + p.first_out + first + o] =
                    settle(activate(p.activation, settle(total)));
            }
        }
    }
}
