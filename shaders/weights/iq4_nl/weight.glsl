// IQ4_NL, two blocks: both scales, then 16 bytes of nibbles of each.
const uint BLOCK_ELEMENTS = 64u, BLOCK_WORDS = 9u, BIAS = 128u;
#define HAS_OFFSET 0
#include "block_chunks.glsl"
#include "iq4.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index), half_block = c / 4u;
    uvec2 n = nibbles(two_words(b, 1u + 4u * half_block + 2u * (c % 2u)), c / 2u % 2u);
    return Chunk(uvec2(iq4_values(n.x), iq4_values(n.y)), half_at(b, half_block), 0.0);
}
