// y = activation(matrix x + bias) + residual: a team of min(32, subgroup) lanes per OUTS outputs of TOKENS rows, each lane summing
// the ranges lane, lane + TEAM, ... of a row; the range sums are then read from lane to lane and added in order.
// Packing "ranges": a row's chunks lie in the order in which the lanes of a team want them.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "common.glsl"
#include "ranges.glsl"
#define MATRIX_SLOT 1
#include "weight.glsl"

layout(constant_id = 1) const uint OUTS = 1u;
layout(constant_id = 2) const uint TOKENS = 1u;
layout(constant_id = 3) const uint SUBGROUP = 32u;

READ(0, float, x);
#include "products.glsl"
#include "range_chunks.glsl"
// The same inputs four at a time, for widths that are multiples of 4: the lanes of a team read far apart, and every load
// costs the cache a line per lane.
layout(std430, set = 0, binding = 0) readonly restrict buffer InputsByFour { vec4 x4[]; };

const uint TEAM = SUBGROUP < 32u ? SUBGROUP : 32u;
const uint RANGES_PER_LANE = 32u / TEAM;

// The inputs of a chunk; those past the end of the row are zero.
float inputs[TOKENS * CHUNK];

/// From `at` on, of which `count` are in the row of token t.
void load_inputs(uint t, uint at, uint count) {
    if (product.in_width % 4u == 0u) {
        [[unroll]] for (uint e = 0u; e < CHUNK; e += 4u) {
            vec4 four = e < count ? x4[(at + e) / 4u] : vec4(0.0);
            [[unroll]] for (uint i = 0u; i < 4u; ++i) inputs[t * CHUNK + e + i] = four[i];
        }
    } else {
        [[unroll]] for (uint e = 0u; e < CHUNK; ++e) inputs[t * CHUNK + e] = e < count ? x[at + e] : 0.0;
    }
}

void main() {
    choose_product(gl_WorkGroupSize.x / TEAM * OUTS);
    uint lane = gl_SubgroupInvocationID % TEAM;
    uint team_base = gl_SubgroupInvocationID - lane;
    uint team = workgroup * (gl_WorkGroupSize.x / TEAM) + (gl_SubgroupID * SUBGROUP + team_base) / TEAM;
    uint first = team * OUTS;
    uint row = gl_WorkGroupID.y * TOKENS;
    uint groups = group_count(product.in_width, UNIT_MATRIX);
    uint ranges = range_count(groups);
    RangeChunks chunks = range_chunks(groups, ranges);
    uint units = groups * CHUNKS_PER_GROUP;

    // Outputs and rows past the end repeat the last one, so that every load stays inside the buffers.
    uint at[OUTS];
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) at[o] = product.matrix + min(first + o, product.outs - 1u) * units;
    uint x_at[TOKENS];
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = product.x * 4u + min(row + t, p.rows - 1u) * product.in_width;

    float sum[RANGES_PER_LANE * OUTS * TOKENS];
    [[unroll]] for (uint c = 0u; c < RANGES_PER_LANE; ++c) {
        uint slot = c * OUTS * TOKENS;
        [[unroll]] for (uint i = 0u; i < OUTS * TOKENS; ++i) sum[slot + i] = 0.0;
        uint r = lane + c * TEAM;
        if (r < ranges) {
            uint begin = range_begin(r, groups, ranges, UNIT_MATRIX);
            uint end = range_end(r, groups, ranges, UNIT_MATRIX, product.in_width);
            for (uint k = begin; k < end; k += CHUNK) {
                uint place = chunk_place(chunks, r, begin, (k - begin) / CHUNK);
                uint count = min(end - k, CHUNK);
                [[unroll]] for (uint t = 0u; t < TOKENS; ++t) load_inputs(t, x_at[t] + k, count);
                [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
                    Chunk chunk = load_chunk(at[o], 1u, place);
                    [[unroll]] for (uint e = 0u; e < CHUNK; ++e) {
                        float weight = decode_element(chunk, e);
                        // Past the end both are zero, and +0 changes no sum: none is -0, which begins as +0.
                        [[unroll]] for (uint t = 0u; t < TOKENS; ++t)
                            sum[slot + t * OUTS + o] += weight * inputs[t * CHUNK + e];
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
            if (lane == 0u && first + o < product.outs && row + t < p.rows) store_total(total, row + t, first + o);
        }
    }
    go_on();
}
