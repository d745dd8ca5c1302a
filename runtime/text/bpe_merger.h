#pragma once

#include <cstdint>
#include <queue>
#include <span>
#include <vector>

#include "runtime/text/vocabulary.h"

namespace rwkvk::text {

/// Merges, searched by their two tokens.
class MergeTable {
  public:
    /// Of pairs that occur twice the first counts.
    MergeTable(std::span<const BpeMerge> merges, uint32_t vocabulary);

    static constexpr uint32_t none = UINT32_MAX;
    /// The place of the merge of two tokens among all, lower ones first, or none.
    uint32_t rank_of(Token left, Token right) const;
    const BpeMerge& operator[](uint32_t rank) const { return merges_[rank]; }

  private:
    std::vector<BpeMerge> merges_;
    std::vector<uint32_t> by_pair_;  // ranks in the order of left, right, rank
    std::vector<uint32_t> first_;    // of each left token's, in by_pair_; one more at the end
};

/// Joins the tokens of one piece of text at a time: repeatedly the pair that merges first, the leftmost among
/// equals. Takes n log n steps for n tokens: a list of tokens and a heap of the pairs in it.
class BpeMerger {
  public:
    explicit BpeMerger(const MergeTable& table) : table_(table) {}

    /// Appends what remains of `tokens`, fewer than 2^31, to `out`.
    void merge(std::span<const Token> tokens, std::vector<Token>& out);

  private:
    struct Node {
        Token token;
        uint32_t previous, next;
    };
    static constexpr uint32_t nowhere = UINT32_MAX;
    static constexpr Token removed = UINT32_MAX;

    void propose(uint32_t left);
    void join(uint32_t left, Token result);

    const MergeTable& table_;
    std::vector<Node> nodes_;
    /// Rank, then place of the left token. Pairs that are no more stay in it until they come up.
    std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>> pairs_;
};

}  // namespace rwkvk::text
