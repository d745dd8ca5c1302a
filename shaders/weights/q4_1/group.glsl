// Q4_1: a scale and a minimum.
#define LOW_BITS 4
#define HIGH_BITS 0
#define BIAS 0
#define IQ4 0
#define CODE_BITS 32
#define BLOCK_SCALES 0
#define HALVES 0
#define HAS_OFFSET 1
#include "block_groups.glsl"
