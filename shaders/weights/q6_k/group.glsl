// Q6_K: a byte of a scale for each half; what it multiplies.
#define LOW_BITS 4
#define HIGH_BITS 2
#define BIAS 32
#define IQ4 0
#define CODE_BITS 16
#define BLOCK_SCALES 1
#define HALVES 1
#define HAS_OFFSET 0
#include "block_groups.glsl"
