#pragma once
// The ways in which a text can have been read so far: each a state that reads the next byte, over a stack of
// states to come back to.

#include <cstdint>
#include <vector>

#include "runtime/grammar/automaton.h"

namespace rwkvk::grammar {

/// Stacks that share what they have in common; equal ones have the same number, 0 is the empty one.
class StackPool {
  public:
    struct Frame {
        Automaton::State state;  // to come back to
        uint32_t below;          // the rest of the stack
        uint32_t depth;
    };
    StackPool() { clear(); }
    void clear();
    /// Errors: Code::bad_argument beyond most_depth.
    uint32_t push(uint32_t stack, Automaton::State state);
    const Frame& top(uint32_t stack) const { return frames_[stack]; }
    size_t size() const { return frames_.size(); }

  private:
    size_t place_of(uint32_t stack, Automaton::State state) const;
    void grow();

    std::vector<Frame> frames_;
    std::vector<uint32_t> table_;  // open addressing; 0: free
};

/// One way.
struct Thread {
    Automaton::State state;
    uint32_t stack;  // of a pool
    bool operator==(const Thread&) const = default;
};

/// Puts threads behind those of a list, each once since `begin`.
class Threads {
  public:
    Threads(const Automaton& automaton, StackPool& pool, std::vector<Thread>& list)
        : automaton_(automaton), pool_(pool), list_(list) {}

    void begin() {
        first_ = list_.size();
        ended_ = false;
    }
    /// All ways to go on from a state that was reached. Errors: Code::bad_argument for more than most_stacks
    /// of them, or too deep ones.
    void reach(Automaton::State state, uint32_t stack);
    /// Whether a rule over the empty stack may have ended.
    bool ended() const { return ended_; }
    /// The next byte, for those of the list from `first` to before `last`.
    void read(size_t first, size_t last, uint8_t byte) {
        for (size_t i = first; i < last; ++i) {
            const Thread thread = list_[i];  // the list may move
            const Automaton::State to = automaton_.step(thread.state, byte);
            if (to != Automaton::none) reach(to, thread.stack);
        }
    }

  private:
    void put(Thread thread);

    const Automaton& automaton_;
    StackPool& pool_;
    std::vector<Thread>& list_;
    size_t first_ = 0;
    bool ended_ = false;
};

}  // namespace rwkvk::grammar
