// What kernels of `linear_blocks` have in common that make OUTS outputs of TOKENS rows at once. Before: TILE.
#include "block_products.glsl"

layout(constant_id = 1) const uint OUTS = 1u;
layout(constant_id = 2) const uint TOKENS = 1u;
const uint SUMS = OUTS * TOKENS;

/// Adds the terms of group g, number `place` of each row's in the matrix, to a chain of each output; x_at are the
/// rounded rows. The sums of a group are whole multiples of its unit, and so small that no addition rounds.
void add_terms(inout float chain[SUMS], Row rows[OUTS], uint x_at[TOKENS], uint groups, uint g, uint place) {
    Quants quants[OUTS];
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) quants[o] = load_quants(rows[o], groups, place);
    float sums[PARTS * SUMS];
    [[unroll]] for (uint i = 0u; i < PARTS * SUMS; ++i) sums[i] = 0.0;
    [[unroll]] for (uint j = 0u; j < QUADS; ++j) {
        uint part = j / (QUADS / PARTS) * SUMS;
        uint quads[OUTS];
        [[unroll]] for (uint o = 0u; o < OUTS; ++o) quads[o] = quad(quants[o], j);
        [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
            vec4 x_j = x[x_at[t] + g * QUADS + j];
            [[unroll]] for (uint i = 0u; i < 4u; ++i) {
                // By way of int: some processors convert no unsigned numbers.
                [[unroll]] for (uint o = 0u; o < OUTS; ++o)
                    sums[part + t * OUTS + o] += float(int((quads[o] >> (8u * i)) & 0xffu)) * x_j[i];
            }
        }
    }
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
        Scales scales = load_scales(rows[o], groups, place, g / CHAINS);
        [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
            uint i = t * OUTS + o;
            vec2 both = vec2(sums[i], sums[(PARTS - 1u) * SUMS + i]);
            chain[i] += term(both, uint(BIAS), x[x_at[t] + groups * QUADS + g], scales);
        }
    }
}
