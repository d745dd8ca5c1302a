// f16, the lower half of a word, decoded by integers: drivers differ on subnormal halves. Normal halves are rebiased;
// subnormal ones are the exact difference of two normal floats.
float decode_half(uint half_bits) {
    uint magnitude = half_bits & 0x7fffu;
    float normal = uintBitsToFloat((magnitude << 13) + 0x38000000u);
    float subnormal = uintBitsToFloat((magnitude << 13) + 0x38800000u) - 6.10351562e-5;
    float value = magnitude >= 0x400u ? normal : subnormal;
    return uintBitsToFloat(floatBitsToUint(value) | ((half_bits & 0x8000u) << 16));
}
