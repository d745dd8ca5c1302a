#pragma once
// All rules as one machine that reads bytes with a stack: what a grammar is while texts are matched.

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/grammar/dfa.h"
#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

/// Stacks are no deeper, and a state has no more ways to go on.
inline constexpr size_t most_depth = 256, most_stacks = 256;

class Automaton {
  public:
    using State = uint32_t;
    static constexpr State none = UINT32_MAX;

    /// A way to go on from a state: states to come back to, the outermost first, and the one that reads.
    struct Way {
        uint32_t first, count;
        State top;
    };

    /// Of these rules and what they call. Errors: Code::bad_argument, naming the rule: one that calls itself
    /// before it reads anything, one of `starts` of which no text is ever complete, too large a grammar.
    Automaton(const Rules& rules, std::span<const uint32_t> starts);

    State start(size_t which) const { return starts_[which]; }
    /// Where the byte leads to, or none.
    State step(State from, uint8_t byte) const;
    /// How to go on from a state that was reached; those that read themselves are among them.
    std::span<const Way> ways(State from) const {
        return {ways_.data() + states_[from].first_way, ways_.data() + states_[from + 1].first_way};
    }
    std::span<const State> pushed(const Way& way) const { return {pushed_.data() + way.first, way.count}; }
    /// Whether the rule may end in this state.
    bool may_return(State from) const { return states_[from].may_return; }
    size_t size() const { return states_.size() - 1; }

  private:
    friend class AutomatonBuilder;
    struct Entry {
        uint32_t first_edge = 0, first_way = 0;
        bool may_return = false;
    };
    std::vector<Entry> states_;  // and one behind the last
    std::vector<Nfa::ByteEdge> edges_;
    std::vector<Way> ways_;
    std::vector<State> pushed_;
    std::vector<State> starts_;
};

inline Automaton::State Automaton::step(State from, uint8_t byte) const {
    const Nfa::ByteEdge* at = edges_.data() + states_[from].first_edge;
    const Nfa::ByteEdge* end = edges_.data() + states_[from + 1].first_edge;
    while (end - at > 4) {
        const Nfa::ByteEdge* const middle = at + (end - at) / 2;
        (byte < middle->low ? end : at) = middle;
    }
    for (; at != end && at->low <= byte; ++at) {
        if (byte <= at->high) return at->to;
    }
    return none;
}

}  // namespace rwkvk::grammar
