#pragma once
// A rule as an automaton in which a byte, or a call, leads from a state to one other state.

#include <cstdint>
#include <vector>

#include "runtime/grammar/nfa.h"

namespace rwkvk::grammar {

struct Dfa {
    struct State {
        std::vector<Nfa::ByteEdge> bytes;  // rising, without overlaps
        std::vector<Nfa::CallEdge> calls;  // one a rule
        bool accepts = false;
    };
    std::vector<State> states;  // the first is the start; from each the end can be reached
};

/// What making automata may cost, all rules together.
struct Budget {
    size_t states = size_t{1} << 19;
    size_t work = size_t{1} << 25;  // states of NFAs that are looked at, and edges, four by four
};

/// By the subsets of states in which the NFA can be. Calls to rules for which `is_productive` is false are
/// left out. Errors: Code::bad_argument beyond the budget, from which it takes.
Dfa determinized(Nfa nfa, const std::vector<bool>& is_productive, const std::string& rule, Budget& budget);

}  // namespace rwkvk::grammar
