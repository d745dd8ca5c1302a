// Q3_K, two blocks: both scales, then 32 bytes of third bits, 64 of the lower two, and 12 of 6-bit scales of groups of
// 16 of each.
const uint BLOCK_ELEMENTS = 512u, BLOCK_WORDS = 55u, BIAS = 4u;
#define HAS_OFFSET 0
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint half_block = chunk_in_block(index) / 32u, c = chunk_in_block(index) % 32u, s = c / 2u;
    Block rest = Block(b.at + (1u + 27u * half_block) * stride, stride);
    uvec2 low = (two_words(rest, 8u + 8u * (c / 16u) + 2u * (c % 4u)) >> (c / 4u % 4u * 2u)) & 0x03030303u;
    uvec2 high = ((two_words(rest, 2u * (c % 4u)) >> (c / 4u)) & 0x01010101u) << 2;
    uint scale_low = (byte_at(rest, 96u + s % 8u) >> (s / 8u * 4u)) & 15u;
    uint scale_high = (byte_at(rest, 104u + s % 4u) >> (s / 4u * 2u)) & 3u;
    float scale = half_at(b, half_block) * float(int(scale_low | scale_high << 4) - 32);
    return Chunk(low | high, scale, 0.0);
}
