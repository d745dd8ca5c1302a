// IQ4_NL: a scale.
#define LOW_BITS 4
#define HIGH_BITS 0
#define BIAS 128
#define IQ4 1
#define CODE_BITS 16
#define BLOCK_SCALES 0
#define HALVES 0
#define HAS_OFFSET 0
#include "block_groups.glsl"
