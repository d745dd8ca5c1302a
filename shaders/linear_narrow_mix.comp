#version 450
// linear_narrow, and norm_mix of what it makes.
#extension GL_GOOGLE_include_directive : require
#define THEN_MIX
#include "linear_narrow.glsl"
