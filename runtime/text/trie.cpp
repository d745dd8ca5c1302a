#include "runtime/text/trie.h"

#include <algorithm>

#include "host/error.h"

namespace rwkvk::text {

Trie::Trie(const std::vector<Entry>& sorted) {
    /// The entries below a node: a range of `sorted` that agrees in the first `depth` bytes.
    struct Range {
        size_t begin, end, depth;
    };
    std::vector<Range> ranges = {{0, sorted.size(), 0}};
    label_.push_back(0);
    for (size_t node = 0; node < ranges.size(); ++node) {
        auto [begin, end, depth] = ranges[node];
        const bool ends_here = begin < end && sorted[begin].bytes.size() == depth;
        id_.push_back(ends_here ? static_cast<int32_t>(sorted[begin].id) : -1);
        begin += ends_here;
        first_child_.push_back(static_cast<uint32_t>(ranges.size()));
        while (begin < end) {
            const char label = sorted[begin].bytes[depth];
            size_t next = begin + 1;
            while (next < end && sorted[next].bytes[depth] == label) ++next;
            ranges.push_back({begin, next, depth + 1});
            label_.push_back(static_cast<uint8_t>(label));
            begin = next;
        }
    }
    RWKVK_ASSERT(ranges.size() < nowhere);
    first_child_.push_back(static_cast<uint32_t>(ranges.size()));
    for (uint32_t label = 0; label < of_root_.size(); ++label)
        of_root_[label] = child(0, static_cast<uint8_t>(label));
}

uint32_t Trie::child(uint32_t node, uint8_t label) const {
    const auto begin = label_.begin() + first_child_[node], end = label_.begin() + first_child_[node + 1];
    const auto found = std::lower_bound(begin, end, label);
    return found != end && *found == label ? static_cast<uint32_t>(found - label_.begin()) : nowhere;
}

Trie::Match Trie::longest(std::string_view text) const {
    Match match{0, 0};
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const uint8_t label = static_cast<uint8_t>(text[i]);
        node = i == 0 ? of_root_[label] : child(node, label);
        if (node == nowhere) break;
        if (id_[node] >= 0) match = {static_cast<Token>(id_[node]), i + 1};
    }
    return match;
}

}  // namespace rwkvk::text
