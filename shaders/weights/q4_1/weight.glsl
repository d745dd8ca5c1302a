// Q4_1: scale and minimum, then 16 bytes of nibbles.
const uint BLOCK_ELEMENTS = 32u, BLOCK_WORDS = 5u, BIAS = 0u;
#define HAS_OFFSET 1
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index);
    return Chunk(nibbles(two_words(b, 1u + 2u * (c % 2u)), c / 2u), half_at(b, 0u), -half_at(b, 1u));
}
