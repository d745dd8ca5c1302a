#pragma once
// Which tokens can be read from a state, rule by rule down the stack: found once, then kept.

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "runtime/grammar/automaton.h"
#include "runtime/grammar/token_trie.h"

namespace rwkvk::grammar {

/// A set of tokens, a bit each: of token t, bit t % 64 of word t / 64.
using TokenBits = std::vector<uint64_t>;

inline size_t words_of(uint32_t vocabulary) { return (size_t{vocabulary} + 63) / 64; }
inline void set_bit(TokenBits& bits, text::Token token) { bits[token / 64] |= uint64_t{1} << (token % 64); }

/// What a rule reads by itself.
struct FrameMask {
    // Tokens that are read before the rule ends, or just then: one of the two.
    TokenBits bits;
    std::vector<text::Token> few;
    // Nodes of the trie whose last byte may be the rule's last: what is below them is for the rule's caller.
    std::vector<uint32_t> exits;
    size_t work = 0;      // that finding them took
    uint32_t number = 0;  // of the exits; those of masks with the same number are equal

    void add_to(TokenBits& all) const;
};

/// May be used by several threads.
class FrameMasks {
  public:
    using Pointer = std::shared_ptr<const FrameMask>;

    FrameMasks(const Automaton& automaton, const TokenTrie& trie) : automaton_(automaton), trie_(trie) {}

    /// Of a state that reads, from the beginning of tokens. Errors: as TrieWalk::below.
    Pointer of(Automaton::State state);
    /// Of the state that is come back to, from the exits of what was called. Errors: likewise.
    Pointer behind(const FrameMask& called, Automaton::State state);

  private:
    // The number of what was called, 0 for nothing, and the state.
    using Key = uint64_t;
    using Kept = std::unordered_map<Key, Pointer>;

    template <typename Make>
    Pointer find_or(Key key, const Make& make);
    Pointer find(Key key);
    void keep(Key key, Pointer mask);

    const Automaton& automaton_;
    const TokenTrie& trie_;
    std::mutex mutex_;
    // Those asked for since the half of the memory was last full, and those of the time before.
    Kept recent_, older_;
    size_t recent_bytes_ = 0;
    uint32_t last_number_ = 0;
};

}  // namespace rwkvk::grammar
