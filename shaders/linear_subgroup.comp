#version 450
// y = activation(matrix x): a team of min(32, subgroup) lanes per OUTS outputs of TOKENS rows, each lane summing
// the ranges lane, lane + TEAM, ... of a row; the range sums are then read from lane to lane and added in order.
// Packing "ranges": a row's chunks lie in the order in which the lanes of a team want them.
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "common.glsl"
#include "ranges.glsl"
#include "activation.glsl"
#define MATRIX_SLOT 1
#include "weight.glsl"

layout(constant_id = 1) const uint OUTS = 1u;
layout(constant_id = 2) const uint TOKENS = 1u;
layout(constant_id = 3) const uint SUBGROUP = 32u;

READ(0, float, x);
WRITE(2, float, y);
PARAMS(LinearParams);

const uint CHUNKS_PER_GROUP = UNIT_MATRIX / CHUNK;
const uint TEAM = SUBGROUP < 32u ? SUBGROUP : 32u;
const uint RANGES_PER_LANE = 32u / TEAM;

void main() {
    uint lane = gl_SubgroupInvocationID % TEAM;
    uint team_base = gl_SubgroupInvocationID - lane;
    uint team = gl_WorkGroupID.x * (gl_WorkGroupSize.x / TEAM) + (gl_SubgroupID * SUBGROUP + team_base) / TEAM;
    uint first = team * OUTS;
    uint row = gl_WorkGroupID.y * TOKENS;
    uint groups = group_count(p.in_width, UNIT_MATRIX);
    uint ranges = range_count(groups);
    uint groups_each = groups / ranges;               // every range has so many groups,
    uint long_ranges = groups - groups_each * ranges; // and so many ranges one more
    uint common_chunks = groups_each * CHUNKS_PER_GROUP;
    uint units = groups * CHUNKS_PER_GROUP;

    // Outputs and rows past the end repeat the last one, so that every load stays inside the buffers.
    uint at[OUTS];
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) at[o] = min(first + o, p.outs - 1u) * units;
    uint x_at[TOKENS];
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = min(row + t, p.rows - 1u) * p.in_width;

    float sum[RANGES_PER_LANE * OUTS * TOKENS];
    [[unroll]] for (uint c = 0u; c < RANGES_PER_LANE; ++c) {
        uint slot = c * OUTS * TOKENS;
        [[unroll]] for (uint i = 0u; i < OUTS * TOKENS; ++i) sum[slot + i] = 0.0;
        uint r = lane + c * TEAM;
        if (r < ranges) {
            uint begin = range_begin(r, groups, ranges, UNIT_MATRIX);
            uint end = range_end(r, groups, ranges, UNIT_MATRIX, p.in_width);
            uint rank = begin / UNIT_MATRIX - r * groups_each;  // among the longer ranges
            for (uint k = begin; k < end; k += CHUNK) {
                uint step = (k - begin) / CHUNK;
                uint by_range = step < common_chunks
                                    ? step * ranges + r
                                    : common_chunks * ranges + (step - common_chunks) * long_ranges + rank;
                uint count = min(end - k, CHUNK);
                [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
                    Chunk chunk = load_chunk(at[o], 1u, by_range);
                    [[unroll]] for (uint e = 0u; e < CHUNK; ++e) {
                        if (e < count) {
                            float weight = decode_element(chunk, e);
                            [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
                                sum[slot + t * OUTS + o] += weight * x[x_at[t] + k + e];
                            }
                        }
                    }
                }
            }
        }
    }

    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
        [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
            float total = 0.0;
            [[unroll]] for (uint c = 0u; c < RANGES_PER_LANE; ++c) {
                uint bits = floatBitsToUint(sum[c * OUTS * TOKENS + t * OUTS + o]);
                uint here = ranges > c * TEAM ? min(ranges - c * TEAM, TEAM) : 0u;
                for (uint l = 0u; l < here; ++l) total += uintBitsToFloat(subgroupShuffle(bits, team_base + l));
            }
            if (lane == 0u && first + o < p.outs && row + t < p.rows) {
                y[(row + t) * p.out_width + p.first_out + first + o] =
                    settle(activate(p.activation, settle(total)));
            }
        }
    }
}
