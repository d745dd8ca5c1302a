// y = activation(matrix x + bias) + residual, the matrix in blocks and x rounded: by teams of lanes, with dot products of four bytes. The
// workgroup writes the digits of its rows into shared memory, 64 groups at a time.
#extension GL_EXT_spirv_intrinsics : require
#include "block_teams.glsl"

layout(constant_id = 4) const uint MIXED = 0u;
#include "dots.glsl"

const uint STEP = 64u;     // groups
const uint VECTORS = 2u;   // of four quads, per group and digit
shared uvec4 digits[TOKENS * 2u * VECTORS * STEP];  // [row][digit][vector][group]
uint digits_at(uint t, uint digit, uint v) { return ((t * 2u + digit) * VECTORS + v) * STEP; }

/// A lane writes four quads of a row at a time.
void write_digits(uint x_at[TOKENS], uint groups, uint begin) {
    [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
        for (uint i = gl_LocalInvocationIndex; i < VECTORS * STEP; i += gl_WorkGroupSize.x) {
            uint v = i / STEP, g = begin + i % STEP;
            if (g >= groups) continue;
            vec4 facts = x[x_at[t] + groups * QUADS + g];
            uvec4 high, low;
            [[unroll]] for (uint j = 0u; j < 4u; ++j) {
                uvec2 both = digits_of(x[x_at[t] + g * QUADS + 4u * v + j], facts);
                high[j] = both.x;
                low[j] = both.y;
            }
            digits[digits_at(t, 0u, v) + i % STEP] = high;
            digits[digits_at(t, 1u, v) + i % STEP] = low;
        }
    }
}

/// Adds the terms of group g, which is number k of those whose digits there are, to a chain of each output.
void add_terms_by_dots(inout float chain[SUMS], Row rows[OUTS], uint x_at[TOKENS], uint groups, uint g, uint k) {
    Quants quants[OUTS];
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) quants[o] = load_quants(rows[o], groups, g);
    ivec2 sums[PARTS * SUMS];  // of both digits
    [[unroll]] for (uint i = 0u; i < PARTS * SUMS; ++i) sums[i] = ivec2(0);
    [[unroll]] for (uint v = 0u; v < VECTORS; ++v) {
        uint part = v * PARTS / VECTORS * SUMS;
        [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
            uvec4 high = digits[digits_at(t, 0u, v) + k], low = digits[digits_at(t, 1u, v) + k];
            [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
                [[unroll]] for (uint j = 0u; j < 4u; ++j) {
                    uint four = factors(quad(quants[o], 4u * v + j));
                    sums[part + t * OUTS + o] += ivec2(dot_quads(high[j], four), dot_quads(low[j], four));
                }
            }
        }
    }
    [[unroll]] for (uint o = 0u; o < OUTS; ++o) {
        Scales scales = load_scales(rows[o], groups, g, g / CHAINS);
        [[unroll]] for (uint t = 0u; t < TOKENS; ++t) {
            uint i = t * OUTS + o;
            vec4 facts = x[x_at[t] + groups * QUADS + g];
            ivec2 first = sums[i], last = sums[(PARTS - 1u) * SUMS + i];
            vec2 both = vec2(float(first.x * 64 + first.y), float(last.x * 64 + last.y)) * vec2(facts.w);
            chain[i] += term(both, factor_bias(), facts, scales);
        }
    }
}

void main() {
    choose_product(gl_WorkGroupSize.x / TEAM * OUTS);
    uint first = first_output(), row = gl_WorkGroupID.y * TOKENS, groups = group_count();
    Row rows[OUTS];
    uint x_at[TOKENS];
    places(first, row, groups, rows, x_at);

    float chains[CHAIN_SUMS];
    [[unroll]] for (uint i = 0u; i < CHAIN_SUMS; ++i) chains[i] = 0.0;
    for (uint begin = 0u; begin < groups; begin += STEP) {
        if (begin > 0u) barrier();
        write_digits(x_at, groups, begin);
        barrier();
        uint count = min(groups - begin, STEP);
        [[unroll]] for (uint c = 0u; c < CHAINS_PER_LANE; ++c) {
            float chain[SUMS];
            [[unroll]] for (uint i = 0u; i < SUMS; ++i) chain[i] = chains[c * SUMS + i];
            for (uint k = team_lane() + c * TEAM; k < count; k += CHAINS)
                add_terms_by_dots(chain, rows, x_at, groups, begin + k, k);
            [[unroll]] for (uint i = 0u; i < SUMS; ++i) chains[c * SUMS + i] = chain[i];
        }
    }
    write_outputs(chains, first, row);
    go_on();
}
