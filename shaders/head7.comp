#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

READ(0, uvec4, sequences);  // first row, length, slot, unused
READ(1, float, r);
READ(2, float, w);
READ(3, float, k);
READ(4, float, v);
READ(5, float, v_first);
READ(6, float, v_amount);
READ(7, float, a);
READ(8, float, gate);
READ(9, float, vectors);
WRITE(10, float, state);
WRITE(11, float, y);
WRITE(12, vec4, rounded);
PARAMS(Head7Params);
#include "head7.glsl"

void make_ups(uint row, uint first) {}
float decay_of(uint base, uint n) { return w[base + inside(n)]; }
float rate_of(uint base, uint n) { return a[base + inside(n)]; }
float v_amount_of(uint base, uint n) { return v_amount[base + inside(n)]; }
float gate_of(uint base, uint n) { return gate[base + inside(n)]; }
