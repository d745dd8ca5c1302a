// f16: two elements per word, eight per uvec4. Decoded by integers: drivers differ on subnormal halves.
const uint ELEMENTS_PER_WORD = 2u;

// Normal halves are rebiased; subnormal ones are the exact difference of two normal floats.
float decode_half(uint half_bits) {
    uint magnitude = half_bits & 0x7fffu;
    float normal = uintBitsToFloat((magnitude << 13) + 0x38000000u);
    float subnormal = uintBitsToFloat((magnitude << 13) + 0x38800000u) - 6.10351562e-5;
    float value = magnitude >= 0x400u ? normal : subnormal;
    return uintBitsToFloat(floatBitsToUint(value) | ((half_bits & 0x8000u) << 16));
}
float decode_element(uint word, uint index) { return decode_half((word >> (index * 16u)) & 0xffffu); }
