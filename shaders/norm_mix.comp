#version 450
// One workgroup per row.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

READ(0, float, x);
PARAMS(NormMixParams);
float element(uint i) { return x[i]; }
#define NORM_SLOT 0
#define MIX p
const uint PIECE = 1024u;
#include "norm_mix.glsl"

void main() { mix_row(gl_WorkGroupID.y); }
