// Rows of single elements in the packing "ranges": chunks lie in the order in which the lanes of a team want them, the first of
// every range, the second of every range, and so on. Before: ranges.glsl, weight.glsl.
const uint CHUNKS_PER_GROUP = UNIT_MATRIX / CHUNK;

struct RangeChunks {
    uint ranges, groups_each;  // every range has so many groups,
    uint long_ranges;          // and so many ranges one more
};

RangeChunks range_chunks(uint groups, uint ranges) {
    uint each = groups / ranges;
    return RangeChunks(ranges, each, groups - each * ranges);
}

/// Where chunk `step` of range r lies in the row; the range begins at element `begin`.
uint chunk_place(RangeChunks row, uint r, uint begin, uint step) {
    uint common_chunks = row.groups_each * CHUNKS_PER_GROUP;
    uint rank = begin / UNIT_MATRIX - r * row.groups_each;  // among the longer ranges
    return step < common_chunks ? step * row.ranges + r
                                : common_chunks * row.ranges + (step - common_chunks) * row.long_ranges + rank;
}
