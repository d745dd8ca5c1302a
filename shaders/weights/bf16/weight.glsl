// bf16: two elements per word, eight per uvec4; the upper half of a float.
const uint ELEMENTS_PER_WORD = 2u;
float decode_word(uint word, uint index) {
    return uintBitsToFloat(index == 0u ? word << 16 : word & 0xffff0000u);
}
#include "element_chunks.glsl"
