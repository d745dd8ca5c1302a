// What products make of their totals. Before: common.glsl, and PARAMS(LinearParams).
#include "activation.glsl"

READ(2, float, addend);
WRITE(3, float, y);

/// Stores output n of the piece of the matrix that is bound.
void store_total(float total, uint row, uint n) {
    uint column = p.first_out + n;
    uint at = row * p.out_width + column;
    float value = settle(total);
    if (p.addend == ADD_BIAS) value = settle(value + addend[column]);
    value = settle(activate(p.activation, value));
    if (p.addend == ADD_ROWS) value = settle(value + addend[at]);
    y[at] = value;
}
