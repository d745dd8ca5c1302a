// Q6_K, two blocks: both scales, then 128 bytes of lower nibbles, 64 of upper two bits, and 16 signed scales of groups
// of 16 of each.
const uint BLOCK_ELEMENTS = 512u, BLOCK_WORDS = 105u, BIAS = 32u;
#define HAS_OFFSET 0
#include "block_chunks.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint half_block = chunk_in_block(index) / 32u, c = chunk_in_block(index) % 32u, j = c / 4u % 4u;
    Block rest = Block(b.at + (1u + 52u * half_block) * stride, stride);
    uvec2 low = nibbles(two_words(rest, 16u * (c / 16u) + 8u * (j % 2u) + 2u * (c % 4u)), j / 2u);
    uvec2 high = ((two_words(rest, 32u + 8u * (c / 16u) + 2u * (c % 4u)) >> (2u * j)) & 0x03030303u) << 4;
    int scale = int(byte_at(rest, 192u + c / 2u) ^ 0x80u) - 128;
    return Chunk(low | high, half_at(b, half_block) * float(scale), 0.0);
}
