// What RWKV-7 does inside a head, token after token: v = lerp, kk = l2norm, k = key_mix, wkv7, norm, bonus, gate, and the
// rounding of the result; HEAD_ (params.h) name the parts that may be missing. One workgroup per head and sequence.
// Before: sequences, r, k, v, v_first, vectors (k_k, k_a, r_k, and the norm's weight and bias), state [slot][head][j][i],
// y, rounded, p with the fields of Head7Params. After: for the invocation's channel n, `base` being that of the row's
// head, gate_of() and what is declared here; make_ups() comes before them.
void make_ups(uint row, uint first);
float decay_of(uint base, uint n);
float rate_of(uint base, uint n);
float v_amount_of(uint base, uint n);

const uint NORM_VECTORS = 3u;  // where those of the norm begin
#include "head.glsl"

shared float keys_r[CHANNELS], keys_w[CHANNELS], keys_k[CHANNELS], keys_kk[CHANNELS], keys_rate[CHANNELS];

float key_r(uint j) { return keys_r[j]; }
float key_w(uint j) { return keys_w[j]; }
float key_k(uint j) { return keys_k[j]; }
float key_kk(uint j) { return keys_kk[j]; }
float key_rate(uint j) { return keys_rate[j]; }
#include "wkv7.glsl"

void token(uint row, uint head, uint matrix) {
    uint first = head * p.head_size, base = row * p.width + first;
    make_ups(row, first);
    float r_c[VALUES], k_c[VALUES], v_c[VALUES], a_c[VALUES], z[VALUES], term[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = inside(n);
        float key = k[base + c];
        r_c[n] = r[base + c];
        a_c[n] = rate_of(base, n);
        v_c[n] = v[base + c];
        if ((p.parts & HEAD_LERP) != 0u)
            v_c[n] = settle(v_c[n] + settle(v_first[base + c] - v_c[n]) * v_amount_of(base, n));
        z[n] = settle(key * vectors[first + c]);
        k_c[n] = settle(key * settle(1.0 + settle(a_c[n] - 1.0) * vectors[p.width + first + c]));
        term[n] = z[n] * z[n];
    }
    float square = settle(head_sum(term));
    float inverse = square > 0.0 ? exact_rsqrt(square) : 0.0;
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        float kk = settle(z[n] * inverse);
        keys_kk[channel(n)] = kk;
        keys_rate[channel(n)] = settle(kk * a_c[n]);
        keys_k[channel(n)] = k_c[n];
        keys_r[channel(n)] = r_c[n];
        keys_w[channel(n)] = decay_of(base, n);
        term[n] = settle(r_c[n] * k_c[n]) * vectors[2u * p.width + first + inside(n)];
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
