#version 450
// y = x as integers of 12 bits, times a power of two per group of 32, and what products with matrices of blocks need of
// each group (docs/NUMERICS.md, runtime/catalogue/rounding.h). One invocation per group and plane.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"

READ(0, vec4, x);
WRITE(1, vec4, y);
PARAMS(RoundParams);

const uint QUADS = ROUND_GROUP / 4u;

void main() {
    uint g = element_column(), plane = gl_GlobalInvocationID.z;
    if (g >= p.groups) return;
    uint from = p.x_stride / 4u * ((p.numbers >> (4u * plane)) & 15u) + (element_row() * p.groups + g) * QUADS;
    uint row = p.y_stride / 4u * plane + element_row() * p.groups * (QUADS + 1u);

    vec4 values[QUADS];
    uint largest = 0u;
    [[unroll]] for (uint j = 0u; j < QUADS; ++j) {
        values[j] = x[from + j];
        uvec4 magnitudes = floatBitsToUint(values[j]) & 0x7fffffffu;
        uvec2 larger = max(magnitudes.xy, magnitudes.zw);
        largest = max(largest, max(larger.x, larger.y));
    }
    uint exponent = largest == 0u ? 127u : largest >> 23;
    bool fits = exponent < 191u;  // all of the group are below 2^64
    uint unit_bits = fits ? (exponent - 10u) << 23 : 0x7fc00000u;
    float unit = uintBitsToFloat(unit_bits);
    float per_unit = uintBitsToFloat(0x7f000000u - unit_bits);

    ivec2 sums = ivec2(0);  // of both halves
    [[unroll]] for (uint j = 0u; j < QUADS; ++j) {
        // The sum's last place is 1, so it rounds to whole numbers, ties to even.
        ivec4 q = floatBitsToInt(values[j] * vec4(per_unit) + 12582912.0) - 0x4b400000;
        q = fits ? q : ivec4(0);
        y[row + g * QUADS + j] = vec4(q) * vec4(unit);
        sums[j / (QUADS / 2u)] += (q.x + q.y) + (q.z + q.w);
    }
    y[row + p.groups * QUADS + g] = vec4(ivec4(sums, sums.x + sums.y, 1)) * vec4(unit);
}
