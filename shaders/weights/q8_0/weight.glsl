// Q8_0, two blocks: both scales, then 32 signed bytes of each.
const uint BLOCK_ELEMENTS = 64u, BLOCK_WORDS = 17u, BIAS = 128u;
#define HAS_OFFSET 0
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index);
    return Chunk(two_words(b, 1u + 2u * c) ^ 0x80808080u, half_at(b, c / 4u), 0.0);
}
