#version 450
// y = activation(matrix x + bias) + residual, the matrix in blocks and x rounded, for many rows: by tiles, with dot products of four
// bytes. Packing "block_rows", or "block_tiles" where TILE is 32.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_spirv_intrinsics : require
layout(constant_id = 3) const uint TILE = 1u;
layout(constant_id = 4) const uint MIXED = 0u;
#include "block_products.glsl"
#include "dots.glsl"
#include "block_tiles.glsl"

shared uvec4 tile_digits[2u * QUADS * ROW_QUADS];  // [digit][quad of the group][row]

void lay_rows(uint groups, uint g) {
    for (uint i = gl_LocalInvocationIndex; i < QUADS * TILE_ROWS; i += gl_WorkGroupSize.x) {
        uint t = i % TILE_ROWS, j = i / TILE_ROWS, begin = x_row(tile_row(t));
        uvec2 both = digits_of(x[begin + g * QUADS + j], x[begin + groups * QUADS + g]);
        tile_digits[j * ROW_QUADS + t / 4u][t % 4u] = both.x;
        tile_digits[(QUADS + j) * ROW_QUADS + t / 4u][t % 4u] = both.y;
    }
}

void sum_group() {
    [[unroll]] for (uint part = 0u; part < PARTS; ++part) {
        ivec4 high[ROWS], low[ROWS];
        [[unroll]] for (uint t = 0u; t < ROWS; ++t) high[t] = low[t] = ivec4(0);
        [[unroll]] for (uint i = 0u; i < QUADS / PARTS; ++i) {
            uint j = part * (QUADS / PARTS) + i;
            uvec4 four = tile_factors[j * ACROSS + across()];
            uvec4 high_digits = tile_digits[j * ROW_QUADS + own_quad()];
            uvec4 low_digits = tile_digits[(QUADS + j) * ROW_QUADS + own_quad()];
            [[unroll]] for (uint t = 0u; t < ROWS; ++t) {
                [[unroll]] for (uint o = 0u; o < 4u; ++o) {
                    high[t][o] += dot_quads(of_own(high_digits, t), four[o]);
                    low[t][o] += dot_quads(of_own(low_digits, t), four[o]);
                }
            }
        }
        [[unroll]] for (uint t = 0u; t < ROWS; ++t)
            sums[part * ROWS + t] = vec4(high[t] * 64 + low[t]) * vec4(tile_facts[own_row(t)].w);
    }
}
