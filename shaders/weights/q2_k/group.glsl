// Q2_K: four bits of a scale and a minimum for each half; what they multiply.
#define LOW_BITS 2
#define HIGH_BITS 0
#define BIAS 0
#define IQ4 0
#define CODE_BITS 16
#define BLOCK_SCALES 1
#define HALVES 1
#define HAS_OFFSET 1
#include "block_groups.glsl"

Scales scales_of(uint code, uint block) {
    vec2 scales = vec2(float(int(code & 15u)), float(int((code >> 8) & 15u)));
    vec2 minima = vec2(float(int((code >> 4) & 15u)), float(int((code >> 12) & 15u)));
    return Scales(vec2(decode_half(block)) * scales, vec2(decode_half(block >> 16)) * minima);
}
