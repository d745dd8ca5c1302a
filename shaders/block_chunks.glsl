// Tables of blocks that share scales (runtime/catalogue/block_formats.h has their layouts), read eight elements at a
// time. Before: MATRIX_SLOT, BLOCK_ELEMENTS and BLOCK_WORDS of a device block, BIAS and HAS_OFFSET. After: the format's
// load_chunk(). A device block is a stored one, or two whose leading or trailing f16 were put together in its first
// word, so that the rest is at whole words.
#include "half.glsl"

layout(std430, set = 0, binding = MATRIX_SLOT) readonly restrict buffer Matrix { uint matrix[]; };

const uint CHUNK = 8u;

/// Eight elements: scale * (quant - BIAS) - offset, the quants being bytes.
struct Chunk {
    uvec2 quants;
    float scale, offset;
};

uint row_units(uint width) { return (width + BLOCK_ELEMENTS - 1u) / BLOCK_ELEMENTS * BLOCK_WORDS; }

float decode_element(Chunk chunk, uint e) {
    uint quant = (chunk.quants[e / 4u] >> (e % 4u * 8u)) & 0xffu;
    float product = chunk.scale * float(int(quant - BIAS));
#if HAS_OFFSET
    return product - chunk.offset;
#else
    return product;
#endif
}

/// Where a device block of a row begins and how far its words are apart.
struct Block {
    uint at, stride;
};
Block block_of(uint at, uint stride, uint index) {
    return Block(at + index / (BLOCK_ELEMENTS / CHUNK) * BLOCK_WORDS * stride, stride);
}
/// Of a chunk in its block.
uint chunk_in_block(uint index) { return index % (BLOCK_ELEMENTS / CHUNK); }

uint word(Block b, uint i) { return matrix[b.at + i * b.stride]; }
uvec2 two_words(Block b, uint i) { return uvec2(word(b, i), word(b, i + 1u)); }
/// The byte at byte offset i, and the same as a signed number plus 128.
uint byte_at(Block b, uint i) { return (word(b, i / 4u) >> (i % 4u * 8u)) & 0xffu; }
/// The f16 at half offset i.
float half_at(Block b, uint i) { return decode_half((word(b, i / 2u) >> (i % 2u * 16u)) & 0xffffu); }

uvec2 nibbles(uvec2 words, uint upper) { return (words >> (4u * upper)) & 0x0f0f0f0fu; }

/// Eight bits to the fifth bits of eight bytes.
uint fifth_bits(uint four) {
    return (four & 1u) << 4 | (four & 2u) << 11 | (four & 4u) << 18 | (four & 8u) << 25;
}
uvec2 spread_fifth_bits(uint eight) { return uvec2(fifth_bits(eight), fifth_bits(eight >> 4)); }
