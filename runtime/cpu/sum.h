#pragma once
// The one order of summation; see docs/NUMERICS.md.

#include <cstdint>

namespace rwkvk::cpu {

/// A sum over `terms` terms is made of up to 32 ranges of whole groups of `unit` terms.
/// Always inlined: files compiled for newer instruction sets include this, and a shared out-of-line copy
/// could be theirs.
struct Ranges {
    static constexpr uint32_t most = 32;
    uint32_t terms, unit;
    uint32_t groups = (terms + unit - 1) / unit;
    uint32_t count = groups < most ? groups : most;

    [[gnu::always_inline]] uint32_t begin(uint32_t range) const {
        return (groups < most ? range : range * groups / most) * unit;
    }
    [[gnu::always_inline]] uint32_t end(uint32_t range) const {
        const uint32_t end = begin(range + 1);
        return end < terms ? end : terms;
    }
};

/// The sum of term(0) ... term(terms - 1): every range from +0 in order, then the ranges from +0 in order.
template <typename Value = float, typename Term>
[[gnu::always_inline]] inline Value sum(uint32_t terms, uint32_t unit, const Term& term) {
    const Ranges ranges{terms, unit};
    Value total{};
    for (uint32_t r = 0; r < ranges.count; ++r) {
        Value part{};
        for (uint32_t i = ranges.begin(r); i < ranges.end(r); ++i) part += term(i);
        total += part;
    }
    return total;
}

}  // namespace rwkvk::cpu
