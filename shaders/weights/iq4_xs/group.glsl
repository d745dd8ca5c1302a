// IQ4_XS: a byte of a scale; what it multiplies.
const uint LOW_BITS = 4u, HIGH_BITS = 0u, BIAS = 128u, CODE_BITS = 8u;
const bool IQ4 = true, BLOCK_SCALES = true, HALVES = false, HAS_OFFSET = false;
#include "block_groups.glsl"

Scales scales_of(uint code, uint block) {
    return Scales(vec2(half_in(block, 0u) * signed_byte_in(code, 0u)), vec2(0.0));
}
