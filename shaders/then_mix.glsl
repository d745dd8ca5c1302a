// The workgroup of a product's kernel that comes to its end last goes on with norm_mix of what all of them made. Before:
// products.glsl with THEN_MIX.
float element(uint i) { return y[i]; }
#define NORM_SLOT 3
#define MIX p.mix
const uint PIECE = 512u;
#include "norm_mix.glsl"

COHERENT(11, uint, arrivals);  // workgroups that came to their end; 0 before and after
shared bool is_last;

void go_on() {
    // What this workgroup wrote is seen by whoever sees that it arrived.
    memoryBarrierBuffer();
    barrier();
    if (gl_LocalInvocationID.x == 0u) {
        uint before = atomicAdd(arrivals[0], 1u);
        is_last = before + 1u == gl_NumWorkGroups.x * gl_NumWorkGroups.y;
    }
    barrier();
    if (!is_last) return;
    memoryBarrierBuffer();
    if (gl_LocalInvocationID.x == 0u) arrivals[0] = 0u;
    for (uint row = 0u; row < p.rows; ++row) mix_row(row);
}
