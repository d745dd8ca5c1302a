// f32: one element per word, four per uvec4.
const uint ELEMENTS_PER_WORD = 1u;
float decode_word(uint word, uint index) { return uintBitsToFloat(word); }
#include "element_chunks.glsl"
