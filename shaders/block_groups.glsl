// Matrices of blocks as products read them, a group of 32 elements at a time (runtime/catalogue/block_planes.h has the
// layout). Before: MATRIX_SLOT; TILE, the rows that lie side by side; and of the format, as macros: LOW_BITS, HIGH_BITS
// and BIAS of its quants, IQ4 where they are numbers of values, CODE_BITS of the scales of a group, BLOCK_SCALES where
// blocks of 256 have some too, HALVES where halves of a group have their own, HAS_OFFSET. What a format has no use for
// is left out here, and not by the driver, so that every operation of a module can be shown to matter.
#include "half.glsl"
#include "iq4.glsl"

layout(std430, set = 0, binding = MATRIX_SLOT) readonly restrict buffer Matrix { uint matrix[]; };
layout(std430, set = 0, binding = MATRIX_SLOT) readonly restrict buffer MatrixByTwo { uvec2 matrix2[]; };
layout(std430, set = 0, binding = MATRIX_SLOT) readonly restrict buffer MatrixByFour { uvec4 matrix4[]; };

const uint QUADS = ROUND_GROUP / 4u;
const uint PARTS = HALVES + 1u;
const uint LOW_MASK = LOW_BITS == 4 ? 0x0f0f0f0fu : 0x03030303u;
const uint HIGH_MASK = HIGH_BITS == 1 ? 0x01010101u : 0x03030303u;
const uint LOW_VECTORS = (LOW_BITS + 3u) / 4u;
const uint CODES_PER_WORD = 32u / CODE_BITS;

/// The first word of a row's tile, and the row's place in it.
struct Row {
    uint tile, lane;
};

uint words_of_rows(uint groups) {
    uint codes = (groups + CODES_PER_WORD - 1u) / CODES_PER_WORD;
    uint words = groups * (LOW_BITS + HIGH_BITS) + codes + (groups + 7u) / 8u * BLOCK_SCALES;
    return (words + 3u) / 4u * 4u;
}

/// Of row n of a matrix that begins at a word of the binding.
Row row_of(uint begin, uint n, uint groups) { return Row(begin + n / TILE * TILE * words_of_rows(groups), n % TILE); }

/// The quants of a group as they are stored.
struct Quants {
    uvec4 low[LOW_VECTORS];
    uvec2 high;
};

/// Of the group that is number `place` of the row's.
Quants load_quants(Row row, uint groups, uint place) {
    Quants quants;
#if LOW_BITS == 2
    quants.low[0] = matrix2[row.tile / 2u + place * TILE + row.lane].xyxy;
#else
    [[unroll]] for (uint v = 0u; v < LOW_VECTORS; ++v)
        quants.low[v] = matrix4[row.tile / 4u + (place * LOW_VECTORS + v) * TILE + row.lane];
#endif
    uint high = row.tile + groups * LOW_BITS * TILE;
#if HIGH_BITS == 1
    quants.high = uvec2(matrix[high + place * TILE + row.lane]);
#elif HIGH_BITS == 2
    quants.high = matrix2[high / 2u + place * TILE + row.lane];
#endif
    return quants;
}

/// Some bits of every 64 bytes of a group's lower bits in all rows of a tile, so that a processor fetches them.
uint touch_quants(Row row, uint place) {
    uint bits = 0u;
    uint low = row.tile + place * LOW_BITS * TILE;
    [[unroll]] for (uint i = 0u; i < LOW_BITS * TILE; i += 16u) bits |= matrix[low + i];
    return bits;
}

/// Quants 4j to 4j + 3 as bytes.
uint quad(Quants quants, uint j) {
    uint four = quants.low[j % LOW_BITS / 4u][j % LOW_BITS % 4u];
#if LOW_BITS < 8
    four = (four >> (j / LOW_BITS * LOW_BITS)) & LOW_MASK;
#endif
#if HIGH_BITS > 0
    four |= ((quants.high[j % HIGH_BITS] >> (j / HIGH_BITS * HIGH_BITS)) & HIGH_MASK) << LOW_BITS;
#endif
#if IQ4
    four = iq4_values(four);
#endif
    return four;
}

/// An element is scale * (quant - BIAS) - offset; the second of each is that of the group's second half.
struct Scales {
    vec2 scale, offset;
};

/// Byte i of a code, as unsigned and as signed number.
float byte_in(uint code, uint i) { return float(int((code >> (8u * i)) & 0xffu)); }
float signed_byte_in(uint code, uint i) { return float(int(code << (24u - 8u * i)) >> 24); }

/// From what is stored for the group, and for its block of 256: f16, or integers that the block's f16 multiply.
Scales scales_of(uint code, uint block) {
#if !BLOCK_SCALES && HAS_OFFSET
    return Scales(vec2(decode_half(code)), vec2(-decode_half(code >> 16)));
#elif !BLOCK_SCALES
    return Scales(vec2(decode_half(code)), vec2(0.0));
#elif HALVES && HAS_OFFSET
    vec2 scales = vec2(float(int(code & 15u)), float(int((code >> 8) & 15u)));
    vec2 minima = vec2(float(int((code >> 4) & 15u)), float(int((code >> 12) & 15u)));
    return Scales(vec2(decode_half(block)) * scales, vec2(decode_half(block >> 16)) * minima);
#elif HALVES
    return Scales(vec2(decode_half(block)) * vec2(signed_byte_in(code, 0u), signed_byte_in(code, 1u)), vec2(0.0));
#elif HAS_OFFSET
    return Scales(vec2(decode_half(block) * byte_in(code, 0u)), vec2(decode_half(block >> 16) * byte_in(code, 1u)));
#else
    return Scales(vec2(decode_half(block) * signed_byte_in(code, 0u)), vec2(0.0));
#endif
}

/// Of the group that is number `place` of the row's, in its block of 256.
Scales load_scales(Row row, uint groups, uint place, uint block) {
    uint codes = row.tile + groups * (LOW_BITS + HIGH_BITS) * TILE + row.lane;
    uint blocks = codes + (groups + CODES_PER_WORD - 1u) / CODES_PER_WORD * TILE;
    uint code = matrix[codes + place / CODES_PER_WORD * TILE];
#if CODE_BITS < 32
    code >>= place % CODES_PER_WORD * CODE_BITS;
#endif
#if BLOCK_SCALES
    return scales_of(code, matrix[blocks + block * TILE]);
#else
    return scales_of(code, 0u);
#endif
}

/// One part of a group: the sums of quants that have `bias`, times values, and of values.
float part_term(float sum, uint bias, float x_sum, float scale, float offset) {
#if BIAS && !defined(SIGNED_FACTORS)
    sum -= float(bias) * x_sum;
#endif
#if HAS_OFFSET
    return sum * scale - x_sum * offset;
#else
    return sum * scale;
#endif
}

/// What a group adds to its chain, from the sums of its parts; `facts` of the rounded group (params.h).
float term(vec2 sums, uint bias, vec4 facts, Scales scales) {
#if HALVES
    return part_term(sums.x, bias, facts.x, scales.scale.x, scales.offset.x) +
           part_term(sums.y, bias, facts.y, scales.scale.y, scales.offset.y);
#else
    return part_term(sums.x, bias, facts.z, scales.scale.x, scales.offset.x);
#endif
}
