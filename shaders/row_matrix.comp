#version 450
// y[i] = sum_j x[j] m[j][i], where every row has a matrix m of its own. One invocation per element of y.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"
#include "ranges.glsl"

READ(0, float, x);       // [rows][in_width]
READ(1, float, matrix);  // [rows][in_width][width]
WRITE(2, float, y);
PARAMS(RowMatrixParams);

void main() {
    uint column = element_column(), row = element_row();
    if (column >= p.width) return;
    uint groups = group_count(p.in_width, UNIT_VECTOR);
    uint ranges = range_count(groups);
    float total = 0.0;
    for (uint q = 0u; q < ranges; ++q) {
        float part = 0.0;
        uint end = range_end(q, groups, ranges, UNIT_VECTOR, p.in_width);
        for (uint j = range_begin(q, groups, ranges, UNIT_VECTOR); j < end; ++j) {
            part += x[row * p.in_width + j] * matrix[(row * p.in_width + j) * p.width + column];
        }
        total += part;
    }
    y[row * p.width + column] = settle(total);
}
