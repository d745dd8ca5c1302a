#pragma once
// The one order of summation; see docs/NUMERICS.md.

#include <cstdint>

namespace rwkvk::cpu {

/// A sum over `terms` terms is made of up to 32 ranges of whole groups of `unit` terms.
/// Always inlined: files compiled for newer instruction sets include this, and a shared out-of-line copy
/// could be theirs.
struct Ranges {
    uint32_t terms, unit;
    uint32_t groups = (terms + unit - 1) / unit;
    uint32_t count = groups < 32 ? groups : 32;

    [[gnu::always_inline]] uint32_t begin(uint32_t range) const { return range * groups / count * unit; }
    [[gnu::always_inline]] uint32_t end(uint32_t range) const {
        const uint32_t end = (range + 1) * groups / count * unit;
        return end < terms ? end : terms;
    }
};

/// The sum of term(0) ... term(terms - 1): every range from +0 in order, then the ranges from +0 in order.
template <typename Term>
float sum(uint32_t terms, uint32_t unit, const Term& term) {
    const Ranges ranges{terms, unit};
    float total = 0.0f;
    for (uint32_t r = 0; r < ranges.count; ++r) {
        float part = 0.0f;
        for (uint32_t i = ranges.begin(r); i < ranges.end(r); ++i) part += term(i);
        total += part;
    }
    return total;
}

}  // namespace rwkvk::cpu
