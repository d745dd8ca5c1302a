// Q5_K: a byte of a scale and one of a minimum; what they multiply.
#define LOW_BITS 4
#define HIGH_BITS 1
#define BIAS 0
#define IQ4 0
#define CODE_BITS 16
#define BLOCK_SCALES 1
#define HALVES 0
#define HAS_OFFSET 1
#include "block_groups.glsl"
