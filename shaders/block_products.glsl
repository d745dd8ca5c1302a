// What kernels of `linear_blocks` have in common, x rounded. Before: TILE.
#include "common.glsl"
#define MATRIX_SLOT 1
#include "group.glsl"

READ(0, vec4, x);
#include "products.glsl"

uint group_count() { return product.in_width / ROUND_GROUP; }
/// Where a rounded row begins. Rows past the end repeat the last one, so that every load stays inside the buffer.
uint x_row(uint row) { return product.x + min(row, p.rows - 1u) * group_count() * (QUADS + 1u); }

/// The integers of a group whose unit is in its facts.
ivec4 whole(vec4 values, vec4 facts) { return ivec4(values * vec4(uintBitsToFloat(0x7f000000u - floatBitsToUint(facts.w)))); }
