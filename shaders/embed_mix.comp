#version 450
// embed, the norm of it, which is the first x, and norm_mix of that: one workgroup for a row, which is all that there is.
// Before the first of these nothing of the row is there, so that each part reads what the workgroup wrote.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#define MATRIX_SLOT 2
#include "weight.glsl"

READ(0, uint, ids);
READ(1, float, vectors);
READ(3, float, weight);
READ(4, float, bias);
COHERENT(5, float, x);
PARAMS(EmbedMixParams);
float element(uint i) { return x[i]; }
#define NORM_SLOT 5
#define MIX p.mix
const uint PIECE = 1024u;
#include "norm_mix.glsl"

/// What the invocations wrote is seen by all of the workgroup.
void meet() {
    memoryBarrierBuffer();
    barrier();
}

void main() {
    uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x, id = ids[0];
    uint units = row_units(MIX.width);
    for (uint i = lane; i < MIX.width; i += lanes)
        x[i] = id == NONE ? settle(vectors[i]) : decode_element(load_chunk(id * units, 1u, i / CHUNK), i % CHUNK);
    meet();
    Norm norm = norm_of(0u, MIX.width, MIX.inv_width, p.first_eps);
    for (uint i = lane; i < MIX.width; i += lanes) x[i] = apply_norm(norm, x[i], weight[i], bias[i]);
    meet();
    mix_row(0u);
}
