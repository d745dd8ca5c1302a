// IQ4_XS: scale, 2 upper bits of eight scales, 4 lower bits of them, 128 bytes of nibbles.
const uint BLOCK_ELEMENTS = 256u, BLOCK_WORDS = 34u, BIAS = 128u;
#define HAS_OFFSET 0
#include "block_chunks.glsl"
#include "iq4.glsl"

Chunk load_chunk(uint at, uint stride, uint index) {
    Block b = block_of(at, stride, index);
    uint c = chunk_in_block(index), g = c / 4u;
    uvec2 n = nibbles(two_words(b, 2u + 4u * g + 2u * (c % 2u)), c / 2u % 2u);
    uint low = (byte_at(b, 4u + g / 2u) >> (g % 2u * 4u)) & 15u;
    uint high = (byte_at(b, 2u + g / 4u) >> (g % 4u * 2u)) & 3u;
    float scale = half_at(b, 0u) * float(int(low | high << 4) - 32);
    return Chunk(uvec2(iq4_values(n.x), iq4_values(n.y)), scale, 0.0);
}
