#version 450
// What RWKV-7 does inside a head, token after token: v = lerp, kk = l2norm, k = key_mix, wkv7, norm, bonus, gate, and the
// rounding of the result; HEAD7_ (params.h) name the parts that may be missing. One workgroup per head and sequence; an
// invocation has VALUES channels, as keys and as value rows, whose columns of the state it alone touches.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "ranges.glsl"
#include "rounding.glsl"

layout(constant_id = 1) const uint VALUES = 1u;
layout(constant_id = 2) const uint CHANNELS = 64u;  // invocations * VALUES: the largest head

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, r);
READ(2, float, w);
READ(3, float, k);
READ(4, float, v);
READ(5, float, v_first);
READ(6, float, v_amount);
READ(7, float, a);
READ(8, float, gate);
READ(9, float, vectors);  // k_k, k_a, r_k, and the norm's weight and bias
WRITE(10, float, state);  // [slot][head][j][i]
WRITE(11, float, y);
WRITE(12, vec4, rounded);
PARAMS(Head7Params);

shared float terms[CHANNELS];
shared float range_sums[32];
shared float key_r[CHANNELS], key_w[CHANNELS], key_k[CHANNELS], key_kk[CHANNELS], key_rate[CHANNELS];

uint channel(uint n) { return gl_LocalInvocationID.x + n * gl_WorkGroupSize.x; }
bool is_channel(uint n) { return channel(n) < p.head_size; }

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

/// The recurrence of wkv7.comp.
void advance(uint matrix, float v_i[VALUES], out float result[VALUES]) {
    uint size = p.head_size;
    uint groups = group_count(size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    // Value rows past the end repeat the last one that is there; they are computed and not stored.
    uint value[VALUES];
    float total[VALUES], s[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        value[n] = min(channel(n), size - 1u);
        total[n] = 0.0;
    }
    for (uint q = 0u; q < ranges; ++q) {
        float sum[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
        for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
            float kk_j = key_kk[j];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] += state[matrix + j * size + value[n]] * kk_j;
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
    }
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        s[n] = -settle(total[n]);
        total[n] = 0.0;
    }
    for (uint q = 0u; q < ranges; ++q) {
        float sum[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
        for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
            float w_j = key_w[j], rate = key_rate[j], k_j = key_k[j], r_j = key_r[j];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
                uint at = matrix + j * size + value[n];
                float updated = settle((state[at] * w_j + s[n] * rate) + v_i[n] * k_j);
                if (is_channel(n)) state[at] = updated;
                sum[n] += updated * r_j;
            }
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
    }
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) result[n] = settle(total[n]);
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
        uint c = first + min(channel(n), p.head_size - 1u);
        z[n] = settle(settle(d[n] * scale) * vectors[3u * p.width + c] + vectors[4u * p.width + c]);
    }
}

/// Of the head's results in `terms`.
void round_head(uint row, uint first) {
    uint groups = p.width / ROUND_GROUP;
    for (uint i = gl_LocalInvocationID.x; i < p.head_size / ROUND_GROUP; i += gl_WorkGroupSize.x) {
        vec4 values[ROUND_QUADS];
        [[unroll]] for (uint j = 0u; j < ROUND_GROUP; ++j) values[j / 4u][j % 4u] = terms[i * ROUND_GROUP + j];
        RoundedGroup result = round_group(values);
        uint to = row * groups * (ROUND_QUADS + 1u), g = first / ROUND_GROUP + i;
        [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) rounded[to + g * ROUND_QUADS + j] = result.values[j];
        rounded[to + groups * ROUND_QUADS + g] = result.facts;
    }
}

void token(uint row, uint head, uint matrix) {
    uint first = head * p.head_size, base = row * p.width + first;
    float r_c[VALUES], k_c[VALUES], v_c[VALUES], a_c[VALUES], z[VALUES], term[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = min(channel(n), p.head_size - 1u);
        float key = k[base + c];
        r_c[n] = r[base + c];
        a_c[n] = a[base + c];
        v_c[n] = v[base + c];
        if ((p.parts & HEAD7_LERP) != 0u)
            v_c[n] = settle(v_c[n] + settle(v_first[base + c] - v_c[n]) * v_amount[base + c]);
        z[n] = settle(key * vectors[first + c]);
        k_c[n] = settle(key * settle(1.0 + settle(a_c[n] - 1.0) * vectors[p.width + first + c]));
        term[n] = z[n] * z[n];
    }
    float square = settle(head_sum(term));
    float inverse = square > 0.0 ? exact_rsqrt(square) : 0.0;
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = min(channel(n), p.head_size - 1u);
        float kk = settle(z[n] * inverse);
        key_kk[channel(n)] = kk;
        key_rate[channel(n)] = settle(kk * a_c[n]);
        key_k[channel(n)] = k_c[n];
        key_r[channel(n)] = r_c[n];
        key_w[channel(n)] = w[base + c];
        term[n] = settle(r_c[n] * k_c[n]) * vectors[2u * p.width + first + c];
    }
    float bonus = settle(head_sum(term));
    advance(matrix, v_c, z);
    if ((p.parts & HEAD7_NORM) != 0u) norm_head(first, z);
    barrier();
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = min(channel(n), p.head_size - 1u);
        float result = settle(z[n] + bonus * v_c[n]);
        if ((p.parts & HEAD7_GATE) != 0u) result = settle(result * gate[base + c]);
        if (is_channel(n)) y[base + c] = result;
        terms[channel(n)] = result;
    }
    barrier();
    if ((p.parts & HEAD7_ROUND) != 0u) round_head(row, first);
}

void main() {
    uint head = gl_WorkGroupID.x;
    uvec4 sequence = sequences[gl_WorkGroupID.y];
    uint matrix = (sequence.z * p.heads + head) * p.head_size * p.head_size;
    for (uint t = 0u; t < sequence.y; ++t) token(sequence.x + t, head, matrix);
}
