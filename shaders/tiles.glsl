// What kernels have in common of which a workgroup makes a tile of outputs times rows: an invocation makes four outputs of
// ROWS rows, [row][output], of weights and inputs that all of them lay into shared memory. Before: products.glsl.
layout(constant_id = 1) const uint ROWS = 4u;  // or 2
layout(constant_id = 2) const uint DOWN = 16u;  // invocations one below the other,
const uint ACROSS = 16u;                        // and side by side
const uint TILE_OUTS = 4u * ACROSS;
const uint TILE_ROWS = ROWS * DOWN;
const uint ROW_QUADS = TILE_ROWS / 4u;

uint across() { return gl_LocalInvocationIndex % ACROSS; }
/// The invocation's rows in the tile, the quad in which they are, and of what a quad holds for them, that of row t.
uint own_row(uint t) { return gl_LocalInvocationIndex / ACROSS * ROWS + t; }
uint own_quad() { return own_row(0u) / 4u; }
bool in_second_half() { return ROWS == 2u && (own_row(0u) & 2u) != 0u; }
float of_own(vec4 quad, uint t) { return in_second_half() ? quad[(t + 2u) % 4u] : quad[t]; }
uint of_own(uvec4 quad, uint t) { return in_second_half() ? quad[(t + 2u) % 4u] : quad[t]; }

/// Of the tile's outputs and rows, those past the end being the last one, so that every load stays inside the buffers.
uint tile_out(uint n) { return min(workgroup * TILE_OUTS + n, product.outs - 1u); }
uint tile_row(uint t) { return min(gl_WorkGroupID.y * TILE_ROWS + t, p.rows - 1u); }

void store_tile(vec4 totals[ROWS]) {
    uint first = workgroup * TILE_OUTS + 4u * across();
    uint row = gl_WorkGroupID.y * TILE_ROWS + own_row(0u);
    // The next row's totals move to the front, so that the activation is compiled once per output and not once per output
    // and row.
    [[dont_unroll]] for (uint t = 0u; t < ROWS; ++t) {
        [[unroll]] for (uint o = 0u; o < 4u; ++o)
            if (first + o < product.outs && row + t < p.rows) store_total(totals[0][o], row + t, first + o);
        [[unroll]] for (uint i = 1u; i < ROWS; ++i) totals[i - 1u] = totals[i];
    }
}
