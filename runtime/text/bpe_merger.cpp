#include "runtime/text/bpe_merger.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "host/error.h"

namespace rwkvk::text {

MergeTable::MergeTable(std::span<const BpeMerge> merges, uint32_t vocabulary)
    : merges_(merges.begin(), merges.end()), by_pair_(merges.size()), first_(size_t{vocabulary} + 1) {
    std::iota(by_pair_.begin(), by_pair_.end(), 0u);
    std::ranges::sort(by_pair_, {}, [this](uint32_t rank) {
        return std::tuple(merges_[rank].left, merges_[rank].right, rank);
    });
    for (const BpeMerge& merge : merges_) {
        RWKVK_ASSERT(merge.left < vocabulary);
        ++first_[merge.left + size_t{1}];
    }
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
}

uint32_t MergeTable::rank_of(Token left, Token right) const {
    const auto begin = by_pair_.begin() + first_[left], end = by_pair_.begin() + first_[left + size_t{1}];
    const auto found = std::lower_bound(begin, end, right,
                                        [this](uint32_t rank, Token t) { return merges_[rank].right < t; });
    return found != end && merges_[*found].right == right ? *found : none;
}

void BpeMerger::propose(uint32_t left) {
    const uint32_t right = left == nowhere ? nowhere : nodes_[left].next;
    if (right == nowhere) return;
    const uint32_t rank = table_.rank_of(nodes_[left].token, nodes_[right].token);
    if (rank != MergeTable::none) pairs_.push(uint64_t{rank} << 32 | left);
}

void BpeMerger::join(uint32_t left, Token result) {
    const uint32_t right = nodes_[left].next, after = nodes_[right].next;
    nodes_[left].token = result;
    nodes_[left].next = after;
    nodes_[right].token = removed;
    if (after != nowhere) nodes_[after].previous = left;
    propose(nodes_[left].previous);
    propose(left);
}

void BpeMerger::merge(std::span<const Token> tokens, std::vector<Token>& out) {
    RWKVK_ASSERT(tokens.size() < nowhere);
    const auto count = static_cast<uint32_t>(tokens.size());
    nodes_.clear();
    for (uint32_t i = 0; i < count; ++i)
        nodes_.push_back({tokens[i], i == 0 ? nowhere : i - 1, i + 1 == count ? nowhere : i + 1});
    for (uint32_t i = 0; i < count; ++i) propose(i);
    while (!pairs_.empty()) {
        const uint64_t pair = pairs_.top();
        pairs_.pop();
        const auto left = static_cast<uint32_t>(pair);
        const BpeMerge& merge = table_[static_cast<uint32_t>(pair >> 32)];
        const uint32_t right = nodes_[left].next;
        const bool is_there =
            nodes_[left].token == merge.left && right != nowhere && nodes_[right].token == merge.right;
        if (is_there) join(left, merge.result);
    }
    for (const Node& node : nodes_) {
        if (node.token != removed) out.push_back(node.token);
    }
}

}  // namespace rwkvk::text
