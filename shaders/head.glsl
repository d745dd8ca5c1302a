// What kernels with a workgroup per head and sequence have in common. Before: vectors, y, rounded, p with HEAD_ parts, and NORM_VECTORS, the first of the two vectors of the norm.
#include "ranges.glsl"
#include "rounding.glsl"
#define WORKGROUP 0u  // a head has one
#include "channels.glsl"

/// The gate of the invocation's channel n, where the head has one; `base` is that of the row's head.
float gate_of(uint base, uint n);

layout(constant_id = 2) const uint CHANNELS = 64u;  // invocations * VALUES: the largest head

shared float terms[CHANNELS];
shared float range_sums[32];

/// The sum over the head, the same for all invocations.
float head_sum(float term[VALUES]) {
    uint groups = group_count(p.head_size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    barrier();
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) terms[channel(n)] = term[n];
    barrier();
    for (uint q = gl_LocalInvocationID.x; q < ranges; q += gl_WorkGroupSize.x) {
        float sum = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_VECTOR, p.head_size);
        for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) sum += terms[j];
        range_sums[q] = sum;
    }
    barrier();
    float total = 0.0;
    for (uint q = 0u; q < ranges; ++q) total += range_sums[q];
    return total;
}

/// Normalises over the head; `first` is its first channel.
void norm_head(uint first, inout float z[VALUES]) {
    float mean = settle(settle(head_sum(z)) * p.inv_width);
    float d[VALUES], squares[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        d[n] = settle(z[n] - mean);
        squares[n] = d[n] * d[n];
    }
    float scale = exact_rsqrt(settle(head_sum(squares)) * p.inv_width + p.eps);
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = first + inside(n);
        z[n] = settle(settle(d[n] * scale) * vectors[NORM_VECTORS * p.width + c] + vectors[(NORM_VECTORS + 1u) * p.width + c]);
    }
}

#define IN_PIECE(i) terms[i]
#include "round_piece.glsl"

/// Gates and stores the results of a row's head, whose first channel is `first`.
void finish_head(uint row, uint first, float z[VALUES]) {
    uint base = row * p.width + first;
    barrier();
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        float result = z[n];
        if ((p.parts & HEAD_GATE) != 0u) result = settle(result * gate_of(base, n));
        if (is_channel(n)) y[base + channel(n)] = result;
        terms[channel(n)] = result;
    }
    barrier();
    uint groups = p.width / ROUND_GROUP;
    if ((p.parts & HEAD_ROUND) != 0u) round_piece(rounded_row(row, groups), groups, first, p.head_size);
}
