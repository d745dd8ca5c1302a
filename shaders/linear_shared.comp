#version 450
// y = activation(matrix x + bias) + residual, for many rows: by tiles (tiles.glsl), 16 elements of every row at a time. Each sum
// walks its ranges in order. Packing "ranges", or "tiles" where PACKED_ROWS is 32.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"
#define MATRIX_SLOT 1
#include "weight.glsl"

layout(constant_id = 3) const uint PACKED_ROWS = 1u;

READ(0, float, x);
#include "products.glsl"
#include "range_chunks.glsl"
#include "tiles.glsl"
// The same inputs four at a time, for widths that are multiples of 4.
layout(std430, set = 0, binding = 0) readonly restrict buffer InputsByFour { vec4 x4[]; };

const uint STEP = 16u;
shared vec4 weights[STEP * ACROSS];    // [element][output]
shared vec4 inputs[STEP * ROW_QUADS];  // [element][row]

/// Elements of the rows that one range adds.
struct Range {
    uint number, begin, end;
};

/// Where the chunk of a row lies that holds element k of the range.
uint chunk_number(Range range, uint k, RangeChunks chunks) {
    return PACKED_ROWS > 1u ? k / CHUNK : chunk_place(chunks, range.number, range.begin, (k - range.begin) / CHUNK);
}

/// From element k on; past the end of the range any that are there: their inputs are zero.
void lay_weights(Range range, uint k, uint units, RangeChunks chunks) {
    for (uint i = gl_LocalInvocationIndex; i < TILE_OUTS * (STEP / CHUNK); i += gl_WorkGroupSize.x) {
        uint n = i % TILE_OUTS, first = i / TILE_OUTS * CHUNK;
        uint out_row = tile_out(n);
        uint at = product.matrix + out_row / PACKED_ROWS * PACKED_ROWS * units + out_row % PACKED_ROWS;
        uint chunk_k = min(k + first, range.end - 1u);
        Chunk chunk = load_chunk(at, PACKED_ROWS, chunk_number(range, chunk_k, chunks));
        [[unroll]] for (uint e = 0u; e < CHUNK; ++e)
            weights[(first + e) * ACROSS + n / 4u][n % 4u] = decode_element(chunk, e);
    }
}

vec4 four_inputs(uint row, uint k, uint end) {
    uint at = product.x * 4u + row * product.in_width + k;
    if (product.in_width % 4u == 0u) return k < end ? x4[at / 4u] : vec4(0.0);
    vec4 four;
    [[unroll]] for (uint i = 0u; i < 4u; ++i) four[i] = k + i < end ? x[at + i] : 0.0;
    return four;
}

void lay_inputs(Range range, uint k) {
    for (uint i = gl_LocalInvocationIndex; i < TILE_ROWS * (STEP / 4u); i += gl_WorkGroupSize.x) {
        uint t = i % TILE_ROWS, first = i / TILE_ROWS * 4u;
        vec4 four = four_inputs(tile_row(t), k + first, range.end);
        [[unroll]] for (uint e = 0u; e < 4u; ++e) inputs[(first + e) * ROW_QUADS + t / 4u][t % 4u] = four[e];
    }
}

void main() {
    choose_product(TILE_OUTS);
    uint groups = group_count(product.in_width, UNIT_MATRIX);
    uint ranges = range_count(groups);
    uint units = PACKED_ROWS > 1u ? row_units(product.in_width) : groups * CHUNKS_PER_GROUP;
    RangeChunks chunks = range_chunks(groups, ranges);
    vec4 totals[ROWS];
    [[unroll]] for (uint t = 0u; t < ROWS; ++t) totals[t] = vec4(0.0);
    for (uint r = 0u; r < ranges; ++r) {
        Range range = Range(r, range_begin(r, groups, ranges, UNIT_MATRIX),
                            range_end(r, groups, ranges, UNIT_MATRIX, product.in_width));
        vec4 sums[ROWS];
        [[unroll]] for (uint t = 0u; t < ROWS; ++t) sums[t] = vec4(0.0);
        for (uint k = range.begin; k < range.end; k += STEP) {
            barrier();
            lay_weights(range, k, units, chunks);
            lay_inputs(range, k);
            barrier();
            [[unroll]] for (uint e = 0u; e < STEP; ++e) {
                vec4 four_weights = weights[e * ACROSS + across()], quad = inputs[e * ROW_QUADS + own_quad()];
                // Past the end inputs are zero, and +0 changes no sum: none is -0, which begins as +0.
                [[unroll]] for (uint t = 0u; t < ROWS; ++t) sums[t] += four_weights * vec4(of_own(quad, t));
            }
        }
        [[unroll]] for (uint t = 0u; t < ROWS; ++t) totals[t] += sums[t];
    }
    store_tile(totals);
}
