#include "runtime/engine/row_shares.h"

#include <algorithm>

namespace rwkvk::engine {

std::vector<uint32_t> share_rows(std::span<const uint32_t> wanted, uint32_t room, size_t first) {
    std::vector<uint32_t> given(wanted.size(), 0);
    std::vector<size_t> open;  // that have some left, in turn
    for (size_t i = 0; i < wanted.size(); ++i) open.push_back((first + i) % wanted.size());
    while (room > 0 && !open.empty()) {
        const uint32_t each =
            std::max(1u, given[open.front()] == 0 ? 1 : room / static_cast<uint32_t>(open.size()));
        for (const size_t i : open) {
            const uint32_t more = std::min({each, room, wanted[i] - given[i]});
            given[i] += more;
            room -= more;
        }
        std::erase_if(open, [&](size_t i) { return given[i] == wanted[i]; });
    }
    return given;
}

}  // namespace rwkvk::engine
