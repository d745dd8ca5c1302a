// Q5_0, two blocks: both scales, then a word of fifth bits and 16 bytes of nibbles of each.
const uint BLOCK_ELEMENTS = 64u, BLOCK_WORDS = 11u, BIAS = 16u;
#define HAS_OFFSET 0
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index), half_block = c / 4u, first = 1u + 5u * half_block;
    uvec2 low = nibbles(two_words(b, first + 1u + 2u * (c % 2u)), c / 2u % 2u);
    uvec2 high = spread_fifth_bits(word(b, first) >> (c % 4u * 8u));
    return Chunk(low | high, half_at(b, half_block), 0.0);
}
