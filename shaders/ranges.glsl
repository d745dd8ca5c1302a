#ifndef RANGES_GLSL
#define RANGES_GLSL
// The one order of summation (docs/NUMERICS.md): K terms form ceil(K / unit) groups, the groups min(32, groups)
// ranges; every range adds its terms in order from +0, then the range sums are added in order from +0.
uint group_count(uint terms, uint unit) { return (terms + unit - 1u) / unit; }
uint range_count(uint groups) { return groups < 32u ? groups : 32u; }
uint range_begin(uint range, uint groups, uint ranges, uint unit) { return (range * groups / ranges) * unit; }
uint range_end(uint range, uint groups, uint ranges, uint unit, uint terms) {
    uint end = ((range + 1u) * groups / ranges) * unit;
    return end < terms ? end : terms;
}
#endif
