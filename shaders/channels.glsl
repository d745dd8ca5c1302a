// Channels of a head: an invocation has VALUES of them, whose columns of the state, as value rows, it alone touches. Before:
// p.head_size, and WORKGROUP, which of the head's workgroups this one is.
layout(constant_id = 1) const uint VALUES = 1u;

uint channel(uint n) { return (WORKGROUP * VALUES + n) * gl_WorkGroupSize.x + gl_LocalInvocationID.x; }
bool is_channel(uint n) { return channel(n) < p.head_size; }

/// Where channels past the end are read: the last one that is there. They are computed and not stored.
uint inside(uint n) { return min(channel(n), p.head_size - 1u); }
