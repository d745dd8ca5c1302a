// For kernels with one invocation per element of [rows, width]: x walks the width, y the rows.
#include "common.glsl"

uint element_column() { return gl_GlobalInvocationID.x; }
uint element_row() { return gl_GlobalInvocationID.y; }
