#version 450
// What RWKV-7 does inside a head, token after token: v = lerp, kk = l2norm, k = key_mix, wkv7, norm, bonus, gate, and the
// rounding of the result; HEAD_ (params.h) name the parts that may be missing. One workgroup per head and sequence; an
// invocation has VALUES channels, as keys and as value rows, whose columns of the state it alone touches.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

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

const uint NORM_VECTORS = 3u;  // where those of the norm begin
#include "head.glsl"

shared float key_r[CHANNELS], key_w[CHANNELS], key_k[CHANNELS], key_kk[CHANNELS], key_rate[CHANNELS];

/// The recurrence of wkv7.comp.
void advance(uint matrix, float v_i[VALUES], out float result[VALUES]) {
    uint size = p.head_size;
    uint groups = group_count(size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    uint value[VALUES];
    float total[VALUES], s[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        value[n] = inside(n);
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

void token(uint row, uint head, uint matrix) {
    uint first = head * p.head_size, base = row * p.width + first;
    float r_c[VALUES], k_c[VALUES], v_c[VALUES], a_c[VALUES], z[VALUES], term[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = inside(n);
        float key = k[base + c];
        r_c[n] = r[base + c];
        a_c[n] = a[base + c];
        v_c[n] = v[base + c];
        if ((p.parts & HEAD_LERP) != 0u)
            v_c[n] = settle(v_c[n] + settle(v_first[base + c] - v_c[n]) * v_amount[base + c]);
        z[n] = settle(key * vectors[first + c]);
        k_c[n] = settle(key * settle(1.0 + settle(a_c[n] - 1.0) * vectors[p.width + first + c]));
        term[n] = z[n] * z[n];
    }
    float square = settle(head_sum(term));
    float inverse = square > 0.0 ? exact_rsqrt(square) : 0.0;
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = inside(n);
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
    if ((p.parts & HEAD_NORM) != 0u) norm_head(first, z);
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) z[n] = settle(z[n] + bonus * v_c[n]);
    finish_head(row, first, z);
}

void main() {
    uint head = gl_WorkGroupID.x;
    uvec4 sequence = sequences[gl_WorkGroupID.y];
    uint matrix = (sequence.z * p.heads + head) * p.head_size * p.head_size;
    for (uint t = 0u; t < sequence.y; ++t) token(sequence.x + t, head, matrix);
}
