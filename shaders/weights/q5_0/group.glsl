// Q5_0: a scale.
const uint LOW_BITS = 4u, HIGH_BITS = 1u, BIAS = 16u, CODE_BITS = 16u;
const bool IQ4 = false, BLOCK_SCALES = false, HALVES = false, HAS_OFFSET = false;
#include "block_groups.glsl"

Scales scales_of(uint code, uint block) { return Scales(vec2(half_in(code, 0u)), vec2(0.0)); }
