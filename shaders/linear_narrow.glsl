// y = activation(matrix x + bias) + residual: a lane per output, no shared memory, no barrier. One invocation makes OUTS outputs
// of TOKENS rows. Packing "tiles": [tile of 32 outputs][unit of a row][output in tile], so that the lanes of a
// subgroup read neighbouring units; inputs are the same for all lanes.
#include "common.glsl"
#include "ranges.glsl"
#define MATRIX_SLOT 1
#include "weight.glsl"

layout(constant_id = 1) const uint OUTS = 1u;
layout(constant_id = 2) const uint TOKENS = 1u;

READ(0, float, x);
#include "products.glsl"
// The same inputs four at a time, for widths that are multiples of 4: software devices pay by the load.
layout(std430, set = 0, binding = 0) readonly restrict buffer InputsByFour { vec4 x4[]; };

const uint TILE = 32u;

void main() {
    choose_product(gl_WorkGroupSize.x * OUTS);
    uint lanes = gl_WorkGroupSize.x;
    uint first = workgroup * lanes * OUTS + gl_LocalInvocationID.x;
    uint row = gl_WorkGroupID.y * TOKENS;
    uint units = row_units(product.in_width);
    uint groups = group_count(product.in_width, UNIT_MATRIX);
    uint ranges = range_count(groups);

    // Outputs and rows past the end repeat the last one, so that every load stays inside the buffers.
    uint at[OUTS];
    uint last_tile_row = ((product.outs + 31u) & ~31u) - 1u;
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
        uint n = min(first + o * lanes, last_tile_row);
        at[o] = product.matrix + (n / TILE) * units * TILE + n % TILE;
    }
    uint x_at[TOKENS];
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) x_at[t] = product.x * 4u + min(row + t, p.rows - 1u) * product.in_width;

    bool by_four = product.in_width % 4u == 0u;

    float total[OUTS * TOKENS];
    [[unroll]] for (uint i = 0u; i < OUTS * TOKENS; ++i) total[i] = 0.0;
    for (uint r = 0u; r < ranges; ++r) {
        uint begin = range_begin(r, groups, ranges, UNIT_MATRIX);
        uint end = range_end(r, groups, ranges, UNIT_MATRIX, product.in_width);
        float sum[OUTS * TOKENS];
        [[unroll]] for (uint i = 0u; i < OUTS * TOKENS; ++i) sum[i] = 0.0;
        uint k = begin;
        for (; by_four && k + CHUNK <= end; k += CHUNK) {
            Chunk chunks[OUTS];
            [[unroll]] for (uint o = 0u; o < OUTS; ++o) chunks[o] = load_chunk(at[o], TILE, k / CHUNK);
            [[unroll]] for (uint e = 0u; e < CHUNK; e += 4u) {
                [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
                    vec4 x_k = x4[(x_at[t] + k + e) / 4u];
                    [[unroll]] for (uint i = 0u; i < 4u; ++i) {
                        [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
                            sum[t * OUTS + o] += decode_element(chunks[o], e + i) * x_k[i];
                        }
                    }
                }
            }
        }
        for (; k < end; ++k) {  // what is left of a width that is no multiple of the chunk, or of 4
            [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
                float weight = decode_element(load_chunk(at[o], TILE, k / CHUNK), k % CHUNK);
                [[unroll]] for (uint t = 0u; t < TOKENS; ++t) sum[t * OUTS + o] += weight * x[x_at[t] + k];
            }
        }
        [[unroll]] for (uint i = 0u; i < OUTS * TOKENS; ++i) total[i] += sum[i];
    }

    // A loop in which the next row's totals move to the front, so that the activation is compiled once per output
    // and not once per output and row.
    [[dont_unroll]] for (uint t = 0u; t < TOKENS; ++t) {
        [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
            uint n = first + o * lanes;
            if (n < product.outs && row + t < p.rows) store_total(total[o], row + t, n);
        }
        [[unroll]] for (uint i = OUTS; i < OUTS * TOKENS; ++i) total[i - OUTS] = total[i];
    }
    go_on();
}
