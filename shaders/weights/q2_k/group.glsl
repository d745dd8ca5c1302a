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
