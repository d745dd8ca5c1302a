#version 450
// blocks_subgroup, and norm_mix of what it makes.
#extension GL_GOOGLE_include_directive : require
#define THEN_MIX
#include "blocks_subgroup.glsl"
