#version 450
// The products that make decay, rate, amount of v and gate out of hidden vectors, and head7: an invocation makes those of
// its channels. Packing "tiles", as linear_narrow's.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"
#define MATRIX_SLOT 1
#include "weight.glsl"

READ(0, float, x);
READ(2, float, addend);
READ(3, uvec4, sequences);  // first row, length, slot, unused
READ(4, float, r);
READ(5, float, k);
READ(6, float, v);
READ(7, float, v_first);
READ(8, float, vectors);
WRITE(9, float, state);
WRITE(10, float, y);
WRITE(11, vec4, rounded);
PARAMS(Head7UpParams);
#include "product.glsl"
#include "head7.glsl"

const uint TILE = 32u;

shared float ups[UPS * CHANNELS];  // an invocation reads what it wrote

/// What a product makes of a row for the invocation's channels.
void up(uint number, uint row, uint first) {
    Product product = product_at(p.up[number]);
    uint units = row_units(product.in_width);
    uint groups = group_count(product.in_width, UNIT_MATRIX);
    uint ranges = range_count(groups);
    uint x_at = product.x * 4u + row * product.in_width;
    uint at[VALUES];
    float total[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = first + inside(n);
        at[n] = product.matrix + c / TILE * units * TILE + c % TILE;
        total[n] = 0.0;
    }
    for (uint q = 0u; q < ranges; ++q) {
        float sum[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_MATRIX, product.in_width);
        for (uint i = range_begin(q, groups, ranges, UNIT_MATRIX); i < end; i += CHUNK) {
            Chunk chunks[VALUES];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) chunks[n] = load_chunk(at[n], TILE, i / CHUNK);
            [[unroll]] for (uint e = 0u; e < CHUNK; ++e) {
                // Past the end of the row weights are zero, and +0 changes no sum: none is -0, which begins as +0.
                float x_e = i + e < end ? x[x_at + i + e] : 0.0;
                [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] += decode_element(chunks[n], e) * x_e;
            }
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
    }
    [[unroll]] for (uint n = 0u; n < VALUES; ++n)
        ups[number * CHANNELS + channel(n)] = output_of(product, total[n], first + inside(n));
}

void make_ups(uint row, uint first) {
    [[dont_unroll]] for (uint u = 0u; u < UPS; ++u) {
        if (u == UP_V_AMOUNT && (p.parts & HEAD_LERP) == 0u) continue;
        if (u == UP_GATE && (p.parts & HEAD_GATE) == 0u) continue;
        up(u, row, first);
    }
}

float decay_of(uint base, uint n) { return ups[UP_DECAY * CHANNELS + channel(n)]; }
float rate_of(uint base, uint n) { return ups[UP_RATE * CHANNELS + channel(n)]; }
float v_amount_of(uint base, uint n) { return ups[UP_V_AMOUNT * CHANNELS + channel(n)]; }
float gate_of(uint base, uint n) { return ups[UP_GATE * CHANNELS + channel(n)]; }
