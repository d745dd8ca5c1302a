// Q5_K: a byte of a scale and one of a minimum; what they multiply.
const uint LOW_BITS = 4u, HIGH_BITS = 1u, BIAS = 0u, CODE_BITS = 16u;
const bool IQ4 = false, BLOCK_SCALES = true, HALVES = false, HAS_OFFSET = true;
#include "block_groups.glsl"

Scales scales_of(uint code, uint block) {
    return Scales(vec2(half_in(block, 0u) * byte_in(code, 0u)), vec2(half_in(block, 1u) * byte_in(code, 1u)));
}
