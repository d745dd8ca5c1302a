// Q4_1: a scale and a minimum.
const uint LOW_BITS = 4u, HIGH_BITS = 0u, BIAS = 0u, CODE_BITS = 32u;
const bool IQ4 = false, BLOCK_SCALES = false, HALVES = false, HAS_OFFSET = true;
#include "block_groups.glsl"

Scales scales_of(uint code, uint block) { return Scales(vec2(half_in(code, 0u)), vec2(-half_in(code, 1u))); }
