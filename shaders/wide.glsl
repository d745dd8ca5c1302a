// Unsigned numbers of 64 bits as two words, the lower one first.

uvec2 wide_sum(uvec2 a, uvec2 b) {
    uint low = a.x + b.x;
    return uvec2(low, a.y + b.y + uint(low < a.x));
}

bool wide_less(uvec2 a, uvec2 b) { return a.y < b.y || (a.y == b.y && a.x < b.x); }

// The whole product of two words.
uvec2 wide_product(uint a, uint b) {
    uvec2 result;
    umulExtended(a, b, result.y, result.x);
    return result;
}

// The product of 64 and 32 bits: 96 bits, the lowest word first.
uvec3 wide_product(uvec2 a, uint b) {
    uvec2 low = wide_product(a.x, b), high = wide_sum(wide_product(a.y, b), uvec2(low.y, 0u));
    return uvec3(low.x, high);
}

// The upper 64 of the 128 bits of a product.
uvec2 upper_product(uvec2 a, uvec2 b) {
    uvec3 low = wide_product(a, b.x), high = wide_product(a, b.y);
    uvec2 middle = wide_sum(low.yz, uvec2(high.x, 0u));  // low.yz is below 2^64 - 2^32
    return wide_sum(high.yz, uvec2(middle.y, 0u));
}

uvec3 wide_sum(uvec3 a, uvec3 b) {
    uvec2 low = wide_sum(a.xy, b.xy);
    return uvec3(low, a.z + b.z + uint(wide_less(low, a.xy)));
}

bool wide_less(uvec3 a, uvec3 b) { return a.z < b.z || (a.z == b.z && wide_less(a.xy, b.xy)); }

// floor(x 2^bits) of a settled x from 0 on, by moving its significand; the result is below 2^56.
uvec2 fixed_point(float x, int bits) {
    uint word = floatBitsToUint(x);
    if (word == 0u) return uvec2(0u);
    uint significand = (word & 0x7fffffu) | 0x800000u;
    int left = int(word >> 23) - 150 + bits;  // x = significand 2^(exponent field - 150)
    if (left <= 0) return uvec2(left > -24 ? significand >> uint(-left) : 0u, 0u);
    if (left < 32) return uvec2(significand << uint(left), significand >> uint(32 - left));
    return uvec2(0u, significand << uint(left - 32));
}
