// Q6_K: a byte of a scale for each half; what it multiplies.
const uint LOW_BITS = 4u, HIGH_BITS = 2u, BIAS = 32u, CODE_BITS = 16u;
const bool IQ4 = false, BLOCK_SCALES = true, HALVES = true, HAS_OFFSET = false;
#include "block_groups.glsl"

Scales scales_of(uint code, uint block) {
    return Scales(vec2(half_in(block, 0u)) * vec2(signed_byte_in(code, 0u), signed_byte_in(code, 1u)), vec2(0.0));
}
