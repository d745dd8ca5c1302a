#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rwkvk::text {

/// Calls move(i, n) for each i below `count` that is to be kept, the n-th of them from 0 on, in order; and
/// for some others, whose n is soon given again. Returns how many are kept. Either few are, and whole blocks
/// are passed over in a loop that compilers vectorise, or a processor cannot foretell which: so within a
/// block there are no branches.
template <typename Keep, typename Move>
size_t compact(size_t count, const Keep& keep, const Move& move) {
    constexpr size_t block = 64;
    size_t kept = 0;
    for (size_t first = 0; first < count; first += block) {
        const size_t end = std::min(count, first + block);
        uint32_t any = 0;
        for (size_t i = first; i < end; ++i) any |= keep(i) ? 1u : 0u;
        if (!any) continue;
        for (size_t i = first; i < end; ++i) {
            const bool is_kept = keep(i);
            move(i, kept);
            kept += is_kept;
        }
    }
    return kept;
}

}  // namespace rwkvk::text
