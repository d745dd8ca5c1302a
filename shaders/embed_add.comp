#version 450
// y = x + table[id], x for rows without an id. The piece of the table that is bound holds ids
// first_id .. first_id + ids - 1; rows of other pieces are left alone. One invocation per element.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"
#define MATRIX_SLOT 2
#include "weight.glsl"

READ(0, uint, ids);
READ(1, float, x);
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
        uint row = (id - p.first_id) * row_units(p.width);
        y[i] = settle(x[i] + decode_element(load_chunk(row, 1u, column / CHUNK), column % CHUNK));
    }
}
