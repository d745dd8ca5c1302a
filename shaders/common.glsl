// What every kernel starts with: the workgroup's width is specialisation constant 0.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "exact_math.h"
#include "params.h"

layout(local_size_x_id = 0) in;

#define READ(slot, type, name) layout(std430, set = 0, binding = slot) readonly restrict buffer Buffer_##name { type name[]; }
#define WRITE(slot, type, name) layout(std430, set = 0, binding = slot) restrict buffer Buffer_##name { type name[]; }
// What other workgroups of the dispatch wrote can be read after memoryBarrierBuffer().
#define COHERENT(slot, type, name) layout(std430, set = 0, binding = slot) coherent restrict buffer Buffer_##name { type name[]; }
#define PARAMS(type) layout(push_constant) uniform Push { type p; }
