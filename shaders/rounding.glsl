// Rounding of rows that are multiplied with matrices of blocks (docs/NUMERICS.md, runtime/catalogue/rounding.h). Before:
// `rounded`, where they are stored.
const uint ROUND_QUADS = ROUND_GROUP / 4u;

/// What stands in a rounded row for a group.
struct RoundedGroup {
    vec4 values[ROUND_QUADS];
    vec4 facts;
};

/// As integers of 12 bits, times a power of two, and what products need of the group.
RoundedGroup round_group(vec4 values[ROUND_QUADS]) {
    uint largest = 0u;
    [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) {
        uvec4 magnitudes = floatBitsToUint(values[j]) & 0x7fffffffu;
        uvec2 larger = max(magnitudes.xy, magnitudes.zw);
        largest = max(largest, max(larger.x, larger.y));
    }
    uint exponent = largest == 0u ? 127u : largest >> 23;
    bool fits = exponent < 191u;  // all of the group are below 2^64
    uint unit_bits = fits ? (exponent - 10u) << 23 : 0x7fc00000u;
    float unit = uintBitsToFloat(unit_bits);
    float per_unit = uintBitsToFloat(0x7f000000u - unit_bits);

    RoundedGroup result;
    ivec2 sums = ivec2(0);  // of both halves
    [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) {
        // The sum's last place is 1, so it rounds to whole numbers, ties to even.
        ivec4 q = floatBitsToInt(values[j] * vec4(per_unit) + 12582912.0) - 0x4b400000;
        q = fits ? q : ivec4(0);
        result.values[j] = vec4(q) * vec4(unit);
        sums[j / (ROUND_QUADS / 2u)] += (q.x + q.y) + (q.z + q.w);
    }
    result.facts = vec4(ivec4(sums, sums.x + sums.y, 1)) * vec4(unit);
    return result;
}

/// Where a rounded row of a plane begins, and how a group of it is stored.
uint rounded_row(uint row, uint groups) { return row * groups * (ROUND_QUADS + 1u); }
void store_rounded(vec4 values[ROUND_QUADS], uint begin, uint groups, uint g) {
    RoundedGroup group = round_group(values);
    [[unroll]] for (uint j = 0u; j < ROUND_QUADS; ++j) rounded[begin + g * ROUND_QUADS + j] = group.values[j];
    rounded[begin + groups * ROUND_QUADS + g] = group.facts;
}
