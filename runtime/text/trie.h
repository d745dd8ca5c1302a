#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

/// Byte strings with ids, searched for the longest one that a text begins with. Nodes lie breadth first in
/// flat arrays: the children of node n are [first_child_[n], first_child_[n + 1]), in the order of their
/// labels.
class Trie {
  public:
    struct Entry {
        std::string_view bytes;
        Token id;
    };
    struct Match {
        Token id;
        size_t size_bytes;  // 0: no entry is a beginning of the text
    };

    /// Entries in the order of their bytes, without empty or equal ones.
    explicit Trie(const std::vector<Entry>& sorted);

    Match longest(std::string_view text) const;

  private:
    static constexpr uint32_t nowhere = UINT32_MAX;

    uint32_t child(uint32_t node, uint8_t label) const;

    std::vector<uint32_t> first_child_;  // one more than there are nodes
    std::vector<uint8_t> label_;
    std::vector<int32_t> id_;  // -1: no entry ends here
    std::array<uint32_t, 256>
        of_root_;  // child(0, label): the root has too many children to search each time
};

}  // namespace rwkvk::text
