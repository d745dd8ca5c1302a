// Q2_K: four bits of a scale and a minimum for each half; what they multiply.
const uint LOW_BITS = 2u, HIGH_BITS = 0u, BIAS = 0u, CODE_BITS = 16u;
const bool IQ4 = false, BLOCK_SCALES = true, HALVES = true, HAS_OFFSET = true;
#include "block_groups.glsl"

Scales scales_of(uint code, uint block) {
    vec2 scales = vec2(float(int(code & 15u)), float(int((code >> 8) & 15u)));
    vec2 minima = vec2(float(int((code >> 4) & 15u)), float(int((code >> 12) & 15u)));
    return Scales(vec2(half_in(block, 0u)) * scales, vec2(half_in(block, 1u)) * minima);
}
