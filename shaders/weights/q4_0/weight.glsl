// Q4_0, two blocks: both scales, then 16 bytes of nibbles of each.
const uint BLOCK_ELEMENTS = 64u, BLOCK_WORDS = 9u, BIAS = 8u;
#define HAS_OFFSET 0
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index), half_block = c / 4u;
    uvec2 words = two_words(b, 1u + 4u * half_block + 2u * (c % 2u));
    return Chunk(nibbles(words, c / 2u % 2u), half_at(b, half_block), 0.0);
}
