// The recurrence of RWKV-5 and 6. Per sequence, head and token, state S[j][i] (key j, value i):
//   y[i] = sum_j S[j][i] r[j] + (sum_j r[j] k[j] u[j]) v[i];  S[j][i] = S[j][i] w[j] + v[i] k[j]
// Before: ranges.glsl, channels.glsl, r, w, k, u, state.

/// One token. `base`, `decay`: where the head's channels and decays of the token begin; `first`: the head's first channel;
/// v_i: of the invocation's value rows; `matrix`: where the head's state begins.
void advance(uint matrix, uint base, uint decay, uint first, float v_i[VALUES], out float result[VALUES]) {
    uint size = p.head_size;
    uint groups = group_count(size, UNIT_VECTOR);
    uint ranges = range_count(groups);
    uint value[VALUES];
    float total[VALUES];
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
        value[n] = inside(n);
        total[n] = 0.0;
    }
    float bonus_total = 0.0;
    for (uint q = 0u; q < ranges; ++q) {
        float sum[VALUES];
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) sum[n] = 0.0;
        float bonus_sum = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_VECTOR, size);
        for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
            float r_j = r[base + j];
            float w_j = w[decay + j];
            float k_j = k[base + j];
            bonus_sum += settle(r_j * k_j) * u[first + j];
            [[unroll]] for (uint n = 0u; n < VALUES; ++n) {
                uint at = matrix + j * size + value[n];
                float old = state[at];
                sum[n] += old * r_j;
                float updated = settle(old * w_j + v_i[n] * k_j);
                if (is_channel(n)) state[at] = updated;
            }
        }
        [[unroll]] for (uint n = 0u; n < VALUES; ++n) total[n] += sum[n];
        bonus_total += bonus_sum;
    }
    float bonus = settle(bonus_total);
    [[unroll]] for (uint n = 0u; n < VALUES; ++n) result[n] = settle(settle(total[n]) + bonus * v_i[n]);
}
