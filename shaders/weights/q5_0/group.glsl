// Q5_0: a scale.
#define LOW_BITS 4
#define HIGH_BITS 1
#define BIAS 16
#define IQ4 0
#define CODE_BITS 16
#define BLOCK_SCALES 0
#define HALVES 0
#define HAS_OFFSET 0
#include "block_groups.glsl"
