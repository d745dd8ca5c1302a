// Rounding of what a workgroup has laid into shared memory. Before: rounding.glsl; IN_PIECE(i), element i of it.

/// `count` elements, which are those from `first` on of a row of `groups` groups that begins at `begin`.
void round_piece(uint begin, uint groups, uint first, uint count) {
    for (uint i = gl_LocalInvocationID.x; i < count / ROUND_GROUP; i += gl_WorkGroupSize.x) {
        vec4 values[ROUND_QUADS];
        [[unroll]] for (uint j = 0u; j < ROUND_GROUP; ++j) values[j / 4u][j % 4u] = IN_PIECE(i * ROUND_GROUP + j);
        store_rounded(values, begin, groups, first / ROUND_GROUP + i);
    }
}
