#version 450
// What RWKV-5 and 6 do inside a head, token after token: wkv6, norm, gate, and the rounding of the result; HEAD_ (params.h)
// name the parts that may be missing. One workgroup per head and sequence; an invocation has VALUES value rows, whose
// columns of the state it alone touches.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, r);
READ(2, float, w);
READ(3, float, k);
READ(4, float, v);
READ(5, float, u);
READ(6, float, gate);
READ(7, float, vectors);  // the norm's weight and bias
WRITE(8, float, state);   // [slot][head][j][i]
WRITE(9, float, y);
WRITE(10, vec4, rounded);
PARAMS(Head6Params);
const uint NORM_VECTORS = 0u;
#include "head.glsl"

/// The recurrence of wkv6.comp, without the bonus. `decay`: where those of the token begin.
void advance(uint matrix, uint base, uint decay, float v_i[VALUES], out float result[VALUES]) {
    uint size = p.head_size;
    uint groups = group_count(size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    float total[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] = 0.0;
    for (uint q = 0u; q < ranges; ++q) {
        float sum[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
        for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
            float r_j = r[base + j], w_j = w[decay + j], k_j = k[base + j];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
                uint at = matrix + j * size + inside(n);
                float old = state[at];
                sum[n] += old * r_j;
                float updated = settle(old * w_j + v_i[n] * k_j);
                if (is_channel(n)) state[at] = updated;
            }
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
    }
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) result[n] = settle(total[n]);
}

void token(uint row, uint head, uint matrix) {
    uint first = head * p.head_size, base = row * p.width + first;
    float v_c[VALUES], z[VALUES], term[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        uint c = inside(n);
        v_c[n] = v[base + c];
        term[n] = settle(r[base + c] * k[base + c]) * u[first + c];
    }
    float bonus = settle(head_sum(term));
    advance(matrix, base, row * p.decay_stride + first, v_c, z);
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) z[n] = settle(z[n] + bonus * v_c[n]);
    norm_head(first, z);
    finish_head(row, first, z);
}

void main() {
    uint head = gl_WorkGroupID.x;
    uvec4 sequence = sequences[gl_WorkGroupID.y];
    uint matrix = (sequence.z * p.heads + head) * p.head_size * p.head_size;
    for (uint t = 0u; t < sequence.y; ++t) token(sequence.x + t, head, matrix);
}
