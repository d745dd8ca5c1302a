// Products of rounded rows by dot products of four bytes: an integer q of a row is two digits, q = 64 h + l. Before:
// block_products.glsl, and MIXED: whether the device multiplies signed by unsigned bytes; else quants of eight bits are made signed ones.
#extension GL_EXT_spirv_intrinsics : require

spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6019, 6018], id = 4450)
int dot_signed(int a, int b, spirv_literal int packed_4x8);  // OpSDot
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6019, 6018], id = 4452)
int dot_mixed(int a, uint b, spirv_literal int packed_4x8);  // OpSUDot

const bool MAKE_SIGNED = MIXED == 0u && BIAS == 128;

uint packed(ivec4 bytes) {
    uvec4 b = uvec4(bytes) & 0xffu;
    return b.x | b.y << 8 | b.z << 16 | b.w << 24;
}

/// Of four values of a group: their upper digits and their lower ones, as bytes.
uvec2 digits_of(vec4 values, vec4 facts) {
    ivec4 q = whole(values, facts);
    ivec4 h = (q + 32) >> 6;
    return uvec2(packed(h), packed(q - h * 64));
}

/// Four quants as the device multiplies them.
uint factors(uint quants) {
#if BIAS == 128
    if (MAKE_SIGNED) return quants ^ 0x80808080u;
#endif
    return quants;
}

uint factor_bias() { return MAKE_SIGNED ? 0u : uint(BIAS); }

int dot_quads(uint x_bytes, uint quants) {
    return MIXED != 0u ? dot_mixed(int(x_bytes), quants, 0) : dot_signed(int(x_bytes), int(quants), 0);
}
