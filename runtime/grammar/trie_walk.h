#pragma once
// Reads all tokens at once: what they have in common is read once, and what begins wrongly not at all.

#include <cstddef>
#include <span>
#include <vector>

#include "host/error.h"
#include "runtime/grammar/stacks.h"
#include "runtime/grammar/token_trie.h"

namespace rwkvk::grammar {

/// Bytes read by threads that a mask may take: some tens of milliseconds. Counted for what is kept, too, so
/// that nothing depends on what is.
inline constexpr size_t most_mask_work = size_t{1} << 22;

inline void check_mask_work(size_t work) {
    if (work <= most_mask_work) return;
    throw Error(Code::bad_argument,
                "the grammar is too ambiguous here: finding the tokens that may come next takes "
                "too long");
}

class TrieWalk {
  public:
    TrieWalk(const Automaton& automaton, const TokenTrie& trie, StackPool& pool)
        : nodes_(trie.nodes()), threads_(automaton, pool, list_) {}
    TrieWalk(const TrieWalk&) = delete;
    TrieWalk& operator=(const TrieWalk&) = delete;

    /// Reads what lies below a node with these threads. `visit(node, ended)` for every node whose bytes can
    /// be read; ended: a rule over the empty stack may end there. Errors: as Threads::reach and
    /// check_mask_work.
    template <typename Visit>
    void below(uint32_t node, std::span<const Thread> from, const Visit& visit) {
        list_.assign(from.begin(), from.end());
        levels_.assign(1, {nodes_[node].end, 0, list_.size()});
        for (uint32_t at = node + 1; true;) {
            while (!levels_.empty() && levels_.back().end == at) levels_.pop_back();
            if (levels_.empty()) return;
            const Level level = levels_.back();
            list_.resize(level.last);
            threads_.begin();
            threads_.read(level.first, level.last, nodes_[at].byte);
            check_mask_work(work_ += level.last - level.first);
            const bool goes_on = list_.size() > level.last;
            if (goes_on || threads_.ended()) visit(at, threads_.ended());
            if (goes_on) levels_.push_back({nodes_[at].end, level.last, list_.size()});
            at = goes_on ? at + 1 : nodes_[at].end;
        }
    }
    size_t work() const { return work_; }

  private:
    struct Level {
        uint32_t end;        // of the nodes below
        size_t first, last;  // threads that read their bytes
    };
    const std::vector<TokenTrie::Node>& nodes_;
    std::vector<Thread> list_;
    Threads threads_;
    std::vector<Level> levels_;
    size_t work_ = 0;
};

}  // namespace rwkvk::grammar
