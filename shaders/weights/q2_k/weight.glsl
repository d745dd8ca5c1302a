// Q2_K: 16 bytes with scale and minimum of a group of 16, 64 bytes of quants, the scales of both.
const uint BLOCK_ELEMENTS = 256u, BLOCK_WORDS = 21u, BIAS = 0u;
#define HAS_OFFSET 1
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index);
    uvec2 words = two_words(b, 4u + 8u * (c / 16u) + 2u * (c % 4u));
    uint scales = byte_at(b, c / 2u);
    return Chunk((words >> (c / 4u % 4u * 2u)) & 0x03030303u, half_at(b, 40u) * float(scales & 15u),
                 half_at(b, 41u) * float(scales >> 4));
}
