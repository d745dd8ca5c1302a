// The 6-bit scales and minima of eight groups in 12 bytes from byte 4 of a block, for Q4_K and Q5_K: the chunk of group
// g with the given quants.
Chunk chunk_of_group(Block b, uint g, uvec2 quants) {
    uint low = byte_at(b, 4u + g % 4u), middle = byte_at(b, 8u + g % 4u), last = byte_at(b, 12u + g % 4u);
    uint scale = g < 4u ? low & 63u : (last & 15u) | (low >> 6) << 4;
    uint minimum = g < 4u ? middle & 63u : last >> 4 | (middle >> 6) << 4;
    return Chunk(quants, half_at(b, 0u) * float(scale), half_at(b, 1u) * float(minimum));
}
