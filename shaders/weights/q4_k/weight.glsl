// Q4_K: scales of the scales and minima, 12 bytes of those of eight groups, 128 bytes of nibbles.
const uint BLOCK_ELEMENTS = 256u, BLOCK_WORDS = 36u, BIAS = 0u;
#define HAS_OFFSET 1
#include "block_chunks.glsl"
#include "scales_12_bytes.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index), g = c / 4u;
    return chunk_of_group(b, g, nibbles(two_words(b, 4u + 8u * (g / 2u) + 2u * (c % 4u)), g % 2u));
}
