#version 450
// y = x + table[id], x for rows without an id. The piece of the table that is bound holds ids
// first_id .. first_id + ids - 1; rows of other pieces are left alone. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"
#include "weight.glsl"

READ(0, uint, ids);
READ(1, float, x);
READ(2, uint, table);  // row-major, rows start at whole words
WRITE(3, float, y);
PARAMS(EmbedParams);

void main() {
    uint column = element_column();
    if (column >= p.width) return;
    uint id = ids[element_row()];
    uint i = element_row() * p.width + column;
    if (id == NONE) {
        if (p.take_vectors != 0u) y[i] = x[i];
    } else if (id >= p.first_id && id - p.first_id < p.ids) {
        uint words_per_row = (p.width + ELEMENTS_PER_WORD - 1u) / ELEMENTS_PER_WORD;
        uint word = table[(id - p.first_id) * words_per_row + column / ELEMENTS_PER_WORD];
        y[i] = settle(x[i] + decode_element(word, column % ELEMENTS_PER_WORD));
    }
}
