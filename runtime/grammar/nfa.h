#pragma once
// A rule as an automaton with edges of bytes, of calls and of nothing, as its expressions say it.

#include <cstdint>
#include <vector>

#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

struct Nfa {
    struct ByteEdge {
        uint8_t low, high;
        uint32_t to;
    };
    struct CallEdge {
        uint32_t rule, to;
    };
    struct State {
        std::vector<ByteEdge> bytes;
        std::vector<CallEdge> calls;
        std::vector<uint32_t> empty;
    };
    std::vector<State> states;
    uint32_t start = 0, end = 0;
};

/// Errors: Code::bad_argument where repetitions make more than `most_states`.
Nfa make_nfa(const Rules& rules, uint32_t rule, size_t most_states);

}  // namespace rwkvk::grammar
