#version 450
// y = activation(matrix x + bias) + residual, the matrix in blocks and x rounded, for many rows: by tiles, with floats. Packing
// "block_rows", or "block_tiles" where TILE is 32.
#extension GL_GOOGLE_include_directive : require
layout(constant_id = 3) const uint TILE = 1u;
#include "block_products.glsl"

uint factors(uint quants) { return quants; }
uint factor_bias() { return uint(BIAS); }
#include "block_tiles.glsl"

shared vec4 tile_values[ROUND_GROUP * ROW_QUADS];  // [element of the group][row]

void lay_rows(uint groups, uint g) {
    for (uint i = gl_LocalInvocationIndex; i < QUADS * TILE_ROWS; i += gl_WorkGroupSize.x) {
        uint t = i % TILE_ROWS, j = i / TILE_ROWS;
        vec4 four = x[x_row(tile_row(t)) + g * QUADS + j];
        [[unroll]] for (uint e = 0u; e < 4u; ++e) tile_values[(4u * j + e) * ROW_QUADS + t / 4u][t % 4u] = four[e];
    }
}

// Whole multiples of the group's unit, so small that no addition rounds.
void sum_group() {
    [[unroll]] for (uint i = 0u; i < PARTS * ROWS; ++i) sums[i] = vec4(0.0);
    [[unroll]] for (uint part = 0u; part < PARTS; ++part) {
        [[unroll]] for (uint i = 0u; i < QUADS / PARTS; ++i) {
            uint j = part * (QUADS / PARTS) + i;
            uvec4 four = tile_factors[j * ACROSS + across()];
            [[unroll]] for (uint e = 0u; e < 4u; ++e) {
                // By way of int: some processors convert no unsigned numbers.
                vec4 weights = vec4(ivec4((four >> (8u * e)) & 0xffu));
                vec4 quad = tile_values[(4u * j + e) * ROW_QUADS + own_quad()];
                [[unroll]] for (uint t = 0u; t < ROWS; ++t) sums[part * ROWS + t] += weights * vec4(of_own(quad, t));
            }
        }
    }
}
