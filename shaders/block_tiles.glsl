// Kernels of `linear_blocks` for many rows, by tiles (tiles.glsl), a group of every row at a time. Each sum walks its chains in
// order. Before: block_products.glsl, and of the quants as they are multiplied, factors() and factor_bias(). After:
// lay_rows() and sum_group().
#include "tiles.glsl"

shared uvec4 tile_factors[QUADS * ACROSS];  // [quad of the group][output]: four bytes
shared vec4 tile_scales[TILE_OUTS];         // both scales, both offsets
shared vec4 tile_facts[TILE_ROWS];

/// Lays the inputs of group g into shared memory.
void lay_rows(uint groups, uint g);
/// Of the group's parts, [part][row] of four outputs; sum_group() makes them.
vec4 sums[PARTS * ROWS];
void sum_group();

/// Of group g, which is number `place` of each row's in the matrix.
void lay_matrix(uint groups, uint g, uint place) {
    for (uint n = gl_LocalInvocationIndex; n < TILE_OUTS; n += gl_WorkGroupSize.x) {
        Row row = row_of(product.matrix * 4u, tile_out(n), groups);
        Quants quants = load_quants(row, groups, place);
        [[unroll]] for (uint j = 0u; j < QUADS; ++j) tile_factors[j * ACROSS + n / 4u][n % 4u] = factors(quad(quants, j));
        Scales scales = load_scales(row, groups, place, g / CHAINS);
        tile_scales[n] = vec4(scales.scale, scales.offset);
    }
}

void lay_facts(uint groups, uint g) {
    for (uint t = gl_LocalInvocationIndex; t < TILE_ROWS; t += gl_WorkGroupSize.x)
        tile_facts[t] = x[x_row(tile_row(t)) + groups * QUADS + g];
}

void add_terms(inout vec4 chains[ROWS]) {
    [[unroll]] for (uint o = 0u; o < 4u; ++o) {
        vec4 both = tile_scales[4u * across() + o];
        Scales scales = Scales(both.xy, both.zw);
        [[unroll]] for (uint t = 0u; t < ROWS; ++t) {
            vec2 parts = vec2(sums[t][o], sums[(PARTS - 1u) * ROWS + t][o]);
            chains[t][o] += term(parts, factor_bias(), tile_facts[own_row(t)], scales);
        }
    }
}

void main() {
    choose_product(TILE_OUTS);
    uint groups = group_count();
    vec4 totals[ROWS];
    [[unroll]] for (uint t = 0u; t < ROWS; ++t) totals[t] = vec4(0.0);
    uint place = 0u;  // in the order of the chains
    for (uint c = 0u; c < CHAINS; ++c) {
        vec4 chains[ROWS];
        [[unroll]] for (uint t = 0u; t < ROWS; ++t) chains[t] = vec4(0.0);
        for (uint g = c; g < groups; g += CHAINS) {
            barrier();
            lay_matrix(groups, g, TILE > 1u ? place : g);
            lay_facts(groups, g);
            lay_rows(groups, g);
            barrier();
            sum_group();
            add_terms(chains);
            ++place;
        }
        [[unroll]] for (uint t = 0u; t < ROWS; ++t) totals[t] += chains[t];
    }
    store_tile(totals);
}
