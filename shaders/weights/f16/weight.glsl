// f16: two elements per word, eight per uvec4.
#include "half.glsl"
const uint ELEMENTS_PER_WORD = 2u;
float decode_word(uint word, uint index) { return decode_half((word >> (index * 16u)) & 0xffffu); }
#include "element_chunks.glsl"
