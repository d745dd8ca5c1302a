#version 450
// y = activation(matrix x + bias) + residual, the matrix in blocks and x rounded, for many rows: by tiles, with cooperative
// matrices of f16. What they multiply are integers up to 2048, and sums of a group's products stay below 2^24, so that no
// order and no width of the device's sums can round. Packing "block_rows", or "block_tiles" where TILE is 32.
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#pragma use_vulkan_memory_model
layout(constant_id = 3) const uint TILE = 1u;
#define SIGNED_FACTORS 1
#include "block_products.glsl"

layout(constant_id = 1) const uint ACROSS = 4u;   // subgroups side by side,
layout(constant_id = 2) const uint DOWN = 2u;     // and one below the other
layout(constant_id = 4) const uint M = 16u;       // rows of a matrix of results,
layout(constant_id = 5) const uint N = 16u;       // its outputs,
layout(constant_id = 6) const uint K = 16u;       // and elements that make it at once
layout(constant_id = 7) const uint ABREAST = 2u;  // matrices of a subgroup side by side,
const uint STACKED = 2u;                          // and one below the other
const uint MATRICES = STACKED * ABREAST;
const uint TILE_OUTS = ABREAST * N * ACROSS;
const uint TILE_ROWS = STACKED * M * DOWN;
const uint STEPS = ROUND_GROUP / PARTS / K;  // of a part of a group

// Of the group that is multiplied. A row of elements ends in eight unused ones, so that rows begin in different banks, and at
// multiples of 16 bytes, as matrices have to.
const uint STRIDE = QUADS + 2u;
shared f16vec4 tile_factors[TILE_OUTS * STRIDE];
shared f16vec4 tile_values[TILE_ROWS * STRIDE];
shared float tile_scales[4u * TILE_OUTS];  // [both scales, both offsets][output]
shared float tile_facts[ROUND_FACTS * TILE_ROWS];
shared float results[ACROSS * DOWN * M * N];  // a matrix of each subgroup

#define Values coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA>
#define Factors coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB>
#define Results coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator>

/// Of the tile's outputs and rows, those past the end being the last one, so that every load stays inside the buffers.
uint tile_out(uint n) { return min(workgroup * TILE_OUTS + n, product.outs - 1u); }
uint tile_row(uint t) { return min(gl_WorkGroupID.y * TILE_ROWS + t, p.rows - 1u); }

/// Where the subgroup's outputs and rows begin in the tile.
uint first_out() { return gl_SubgroupID % ACROSS * ABREAST * N; }
uint first_row() { return gl_SubgroupID / ACROSS * STACKED * M; }

/// Of group g, which is number `place` of each row's in the matrix.
void lay_matrix(uint groups, uint g, uint place) {
    for (uint n = gl_LocalInvocationIndex; n < TILE_OUTS; n += gl_WorkGroupSize.x) {
        Row row = row_of(product.matrix * 4u, tile_out(n), groups);
        Quants quants = load_quants(row, groups, place);
        [[unroll]] for (uint j = 0u; j < QUADS; ++j) {
            uvec4 four = uvec4(quad(quants, j)) >> uvec4(0u, 8u, 16u, 24u) & 0xffu;
            tile_factors[n * STRIDE + j] = f16vec4(ivec4(four) - BIAS);
        }
        Scales scales = load_scales(row, groups, place, g / CHAINS);
        [[unroll]] for (uint i = 0u; i < 2u; ++i) {
            tile_scales[i * TILE_OUTS + n] = scales.scale[i];
            tile_scales[(2u + i) * TILE_OUTS + n] = scales.offset[i];
        }
    }
}

void lay_rows(uint groups, uint g) {
    for (uint i = gl_LocalInvocationIndex; i < QUADS * TILE_ROWS; i += gl_WorkGroupSize.x) {
        uint t = i / QUADS, j = i % QUADS, begin = x_row(tile_row(t));
        vec4 facts = x[begin + groups * QUADS + g];
        tile_values[t * STRIDE + j] = f16vec4(whole(x[begin + g * QUADS + j], facts));
        if (j < ROUND_FACTS) tile_facts[j * TILE_ROWS + t] = facts[j];
    }
}

/// What rows or outputs have, as matrices whose columns or rows are all the same: element i of each belongs to element i of the
/// results, wherever a device keeps it.
Results of_rows(uint fact, uint row) {
    Results same;
    coopMatLoad(same, tile_facts, fact * TILE_ROWS + row, 0u, gl_CooperativeMatrixLayoutColumnMajor);
    return same;
}
Results of_outs(uint scale, uint n) {
    Results same;
    coopMatLoad(same, tile_scales, scale * TILE_OUTS + n, 0u, gl_CooperativeMatrixLayoutRowMajor);
    return same;
}

Values values_at(uint row, uint step) {
    Values values;
    coopMatLoad(values, tile_values, row * STRIDE + step * K / 4u, STRIDE, gl_CooperativeMatrixLayoutRowMajor);
    return values;
}
Factors factors_at(uint n, uint step) {
    Factors factors;
    coopMatLoad(factors, tile_factors, n * STRIDE + step * K / 4u, STRIDE, gl_CooperativeMatrixLayoutColumnMajor);
    return factors;
}

/// The subgroup's part of the group that lies in shared memory.
void add_terms(inout Results chains[MATRICES]) {
    [[unroll]] for (uint a = 0u; a < STACKED; ++a) {
        uint row = first_row() + a * M;
        Values values[PARTS * STEPS];
        [[unroll]] for (uint s = 0u; s < PARTS * STEPS; ++s) values[s] = values_at(row, s);
        Results units = of_rows(3u, row);
#if HAS_OFFSET
        Results x_sums[PARTS];
        [[unroll]] for (uint part = 0u; part < PARTS; ++part) x_sums[part] = of_rows(PARTS == 1u ? 2u : part, row);
#endif
        [[unroll]] for (uint b = 0u; b < ABREAST; ++b) {
            uint n = first_out() + b * N;
            Results sums[PARTS], scales[PARTS], offsets[PARTS];
            [[unroll]] for (uint part = 0u; part < PARTS; ++part) {
                sums[part] = Results(0.0);
                [[unroll]] for (uint s = part * STEPS; s < (part + 1u) * STEPS; ++s)
                    sums[part] = coopMatMulAdd(values[s], factors_at(n, s), sums[part]);
                scales[part] = of_outs(part, n);
#if HAS_OFFSET
                offsets[part] = of_outs(2u + part, n);
#endif
            }
            for (uint i = 0u; i < units.length(); ++i) {
                vec4 facts = vec4(0.0);
                Scales both = Scales(vec2(scales[0][i], scales[PARTS - 1u][i]), vec2(0.0));
#if HAS_OFFSET
                facts = vec4(x_sums[0][i], x_sums[PARTS - 1u][i], x_sums[0][i], 0.0);
                both.offset = vec2(offsets[0][i], offsets[PARTS - 1u][i]);
#endif
                vec2 of_parts = vec2(sums[0][i], sums[PARTS - 1u][i]) * vec2(units[i]);
                chains[a * ABREAST + b][i] += term(of_parts, 0u, facts, both);
            }
        }
    }
}

void store_tile(Results totals[MATRICES]) {
    uint begin = gl_SubgroupID * M * N;
    // The next matrix moves to the front, so that the activation is compiled once.
    [[dont_unroll]] for (uint tile = 0u; tile < MATRICES; ++tile) {
        barrier();
        coopMatStore(totals[0], results, begin, N, gl_CooperativeMatrixLayoutRowMajor);
        barrier();
        uint row = gl_WorkGroupID.y * TILE_ROWS + first_row() + tile / ABREAST * M;
        uint n = workgroup * TILE_OUTS + first_out() + tile % ABREAST * N;
        [[dont_unroll]] for (uint i = gl_SubgroupInvocationID; i < M * N; i += gl_SubgroupSize)
            if (row + i / N < p.rows && n + i % N < product.outs) store_total(results[begin + i], row + i / N, n + i % N);
        [[unroll]] for (uint i = 1u; i < MATRICES; ++i) totals[i - 1u] = totals[i];
    }
}

void main() {
    choose_product(TILE_OUTS);
    uint groups = group_count();
    Results totals[MATRICES];
    [[unroll]] for (uint i = 0u; i < MATRICES; ++i) totals[i] = Results(0.0);
    uint place = 0u;  // in the order of the chains
    for (uint c = 0u; c < CHAINS; ++c) {
        Results chains[MATRICES];
        [[unroll]] for (uint i = 0u; i < MATRICES; ++i) chains[i] = Results(0.0);
        for (uint g = c; g < groups; g += CHAINS) {
            barrier();
            lay_matrix(groups, g, TILE > 1u ? place : g);
            lay_rows(groups, g);
            barrier();
            add_terms(chains);
            ++place;
        }
        [[unroll]] for (uint t = 0u; t < MATRICES; ++t)
            for (uint i = 0u; i < totals[0].length(); ++i) totals[t][i] += chains[t][i];
    }
    store_tile(totals);
}
