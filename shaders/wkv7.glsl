// The RWKV-7 recurrence. Per sequence, head and token, state S[j][i] (key j, value i):
//   s[i] = -sum_j S[j][i] kk[j];  S[j][i] = S[j][i] w[j] + s[i] (kk[j] a[j]) + v[i] k[j];  y[i] = sum_j S[j][i] r[j]
// Before: ranges.glsl, channels.glsl, state, and for key j of the token key_r(j), key_w(j), key_k(j), key_kk(j) and
// key_rate(j), which is kk a.

/// One token. v_i: of the invocation's value rows; `matrix`: where the head's state begins.
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
            float kk_j = key_kk(j);
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
            float w_j = key_w(j), rate = key_rate(j), k_j = key_k(j), r_j = key_r(j);
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
