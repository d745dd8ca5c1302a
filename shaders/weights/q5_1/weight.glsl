// Q5_1: scale and minimum, a word of fifth bits, 16 bytes of nibbles.
const uint BLOCK_ELEMENTS = 32u, BLOCK_WORDS = 6u, BIAS = 0u;
#define HAS_OFFSET 1
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index);
    uvec2 low = nibbles(two_words(b, 2u + 2u * (c % 2u)), c / 2u);
    uvec2 high = spread_fifth_bits(word(b, 1u) >> (c * 8u));
    return Chunk(low | high, half_at(b, 0u), -half_at(b, 1u));
}
