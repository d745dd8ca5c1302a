#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rwkvk::text {

/// Finds several strings in one pass over the bytes (Aho and Corasick, "Efficient string matching", CACM
/// 1975). A node stands for a beginning of one of them; after each byte the current node is the longest such
/// beginning that the text ends with.
class StopAutomaton {
  public:
    using Node = uint32_t;
    static constexpr Node root = 0;
    static constexpr int32_t none = -1;
    static constexpr size_t max_strings = 64, max_bytes = 4096;

    /// Errors: Code::bad_argument for an empty string, or more than max_strings or max_bytes in all.
    explicit StopAutomaton(std::span<const std::string> strings);

    Node step(Node from, uint8_t byte) const;
    /// How many bytes the node's beginning has.
    size_t depth(Node node) const { return nodes_[node].depth; }
    /// Whether some string goes on after the node's beginning.
    bool goes_on(Node node) const { return nodes_[node].first_child != 0; }
    /// The longest string that the node's beginning ends with, by its index, or none.
    int32_t match(Node node) const { return nodes_[node].match; }
    size_t length(int32_t match) const { return lengths_[static_cast<size_t>(match)]; }

  private:
    struct State {
        uint32_t first_child = 0, next_sibling = 0;  // 0: there is none
        Node shorter = root;                         // the longest other beginning that this one ends with
        uint32_t depth = 0;
        int32_t match = none;
        uint8_t label = 0;
    };

    void insert(std::string_view string, int32_t index);
    void link();
    Node child(Node parent, uint8_t label) const;  // 0: there is none

    std::vector<State> nodes_{State{}};
    std::vector<size_t> lengths_;
};

}  // namespace rwkvk::text
