#pragma once
// Which tokens can be read from a state without what lies below it on the stack: found once, then kept.

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "runtime/grammar/automaton.h"
#include "runtime/grammar/token_trie.h"

namespace rwkvk::grammar {

/// A set of tokens, a bit each: of token t, bit t % 64 of word t / 64.
using TokenBits = std::vector<uint64_t>;

inline size_t words_of(uint32_t vocabulary) { return (size_t{vocabulary} + 63) / 64; }
inline void set_bit(TokenBits& bits, text::Token token) { bits[token / 64] |= uint64_t{1} << (token % 64); }

/// Of a state that reads.
struct FrameMask {
    // Tokens that are read before its rule ends, or just then: one of the two.
    TokenBits bits;
    std::vector<text::Token> few;
    // Nodes of the trie whose last byte may be the rule's last: what is below them is for the rule's caller.
    std::vector<uint32_t> exits;
    size_t work = 0;  // that finding them took

    void add_to(TokenBits& all) const;
};

/// May be used by several threads.
class FrameMasks {
  public:
    FrameMasks(const Automaton& automaton, const TokenTrie& trie) : automaton_(automaton), trie_(trie) {}

    /// Errors: as TrieWalk::below.
    std::shared_ptr<const FrameMask> of(Automaton::State state);

  private:
    using Kept = std::unordered_map<Automaton::State, std::shared_ptr<const FrameMask>>;
    std::shared_ptr<const FrameMask> make(Automaton::State state) const;
    std::shared_ptr<const FrameMask> find(Automaton::State state);
    void keep(Automaton::State state, std::shared_ptr<const FrameMask> mask);

    const Automaton& automaton_;
    const TokenTrie& trie_;
    std::mutex mutex_;
    // Those asked for since the half of the memory was last full, and those of the time before.
    Kept recent_, older_;
    size_t recent_bytes_ = 0;
};

}  // namespace rwkvk::grammar
