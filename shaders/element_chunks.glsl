// Weights of single elements, read a uvec4 at a time. Before: MATRIX_SLOT, ELEMENTS_PER_WORD and decode_word().
// A chunk is what a lane reads at once; `unit`s are what the matrix is an array of.
layout(std430, set = 0, binding = MATRIX_SLOT) readonly restrict buffer Matrix { uvec4 matrix[]; };

const uint CHUNK = 4u * ELEMENTS_PER_WORD;

struct Chunk {
    uvec4 words;
};

uint row_units(uint width) { return (width + CHUNK - 1u) / CHUNK; }
/// Chunk `index` of the row whose units are at, at + stride, ...
Chunk load_chunk(uint at, uint stride, uint index) { return Chunk(matrix[at + index * stride]); }
float decode_element(Chunk chunk, uint e) {
    return decode_word(chunk.words[e / ELEMENTS_PER_WORD], e % ELEMENTS_PER_WORD);
}
