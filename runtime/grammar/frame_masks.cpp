#include "runtime/grammar/frame_masks.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/grammar/trie_walk.h"

namespace rwkvk::grammar {
namespace {

constexpr size_t most_recent_bytes = size_t{4} << 20;  // of a grammar; as many are older

size_t bytes_of(const FrameMask& mask) {
    return sizeof mask + 64 + mask.bits.size() * 8 + (mask.few.size() + mask.exits.size()) * 4;
}

/// Reads tokens with the callers' part of the stack left out.
class FrameReader {
  public:
    FrameReader(const Automaton& automaton, const TokenTrie& trie)
        : automaton_(automaton), trie_(trie), walk_(automaton, trie, pool_) {
        mask_.bits.resize(words_of(trie.vocabulary()));
    }

    FrameMask from(Automaton::State state) {
        const Thread thread{state, 0};
        read_below(0, {&thread, 1});
        return finish();
    }

    FrameMask from_exits(const std::vector<uint32_t>& exits, Automaton::State state) {
        std::vector<Thread> list;
        Threads threads(automaton_, pool_, list);
        threads.begin();
        threads.reach(state, 0);
        for (const uint32_t exit : exits) {
            if (threads.ended()) mask_.exits.push_back(exit);
            if (!list.empty()) read_below(exit, list);
        }
        return finish();
    }

  private:
    void read_below(uint32_t from, std::span<const Thread> threads) {
        walk_.below(from, threads, [this](uint32_t node, bool ended) {
            const auto& nodes = trie_.nodes();
            for (uint32_t i = nodes[node].first_token; i < nodes[node + 1].first_token; ++i)
                set_bit(mask_.bits, trie_.tokens()[i]);
            if (ended) mask_.exits.push_back(node);
        });
    }

    FrameMask finish() {
        std::ranges::sort(mask_.exits);
        mask_.exits.erase(std::unique(mask_.exits.begin(), mask_.exits.end()), mask_.exits.end());
        mask_.exits.shrink_to_fit();
        size_t count = 0;
        for (const uint64_t word : mask_.bits) count += static_cast<size_t>(std::popcount(word));
        if (count < trie_.vocabulary() / 32) list_few();
        mask_.work = walk_.work();
        return std::move(mask_);
    }

    /// Few ids take less than bits.
    void list_few() {
        for (size_t i = 0; i < mask_.bits.size(); ++i) {
            for (uint64_t word = mask_.bits[i]; word != 0; word &= word - 1)
                mask_.few.push_back(
                    static_cast<text::Token>(i * 64 + static_cast<size_t>(std::countr_zero(word))));
        }
        mask_.few.shrink_to_fit();
        mask_.bits = {};
    }

    const Automaton& automaton_;
    const TokenTrie& trie_;
    StackPool pool_;
    TrieWalk walk_;
    FrameMask mask_;
};

}  // namespace

void FrameMask::add_to(TokenBits& all) const {
    for (size_t i = 0; i < bits.size(); ++i) all[i] |= bits[i];
    for (const text::Token token : few) set_bit(all, token);
}

FrameMasks::Pointer FrameMasks::find(Key key) {
    const auto recent = recent_.find(key);
    if (recent != recent_.end()) return recent->second;
    const auto older = older_.find(key);
    if (older == older_.end()) return nullptr;
    const Pointer mask = older->second;
    keep(key, mask);
    return mask;
}

void FrameMasks::keep(Key key, Pointer mask) {
    if (recent_bytes_ > most_recent_bytes) {
        older_ = std::exchange(recent_, {});
        recent_bytes_ = 0;
    }
    recent_bytes_ += bytes_of(*mask);
    recent_.insert_or_assign(key, std::move(mask));
}

template <typename Make>
FrameMasks::Pointer FrameMasks::find_or(Key key, const Make& make) {
    {
        const std::lock_guard lock(mutex_);
        if (Pointer kept = find(key)) return kept;
    }
    FrameMask made = make(FrameReader(automaton_, trie_));  // by several threads at once perhaps: the same
    const std::lock_guard lock(mutex_);
    if (Pointer kept = find(key)) return kept;
    if (made.number == 0) made.number = ++last_number_;
    auto mask = std::make_shared<const FrameMask>(std::move(made));
    keep(key, mask);
    return mask;
}

FrameMasks::Pointer FrameMasks::of(Automaton::State state) {
    return find_or(state, [&](FrameReader reader) { return reader.from(state); });
}

FrameMasks::Pointer FrameMasks::behind(const FrameMask& called, Automaton::State state) {
    const Key key = Key{called.number} << 32 | state;
    return find_or(key, [&](FrameReader reader) {
        FrameMask made = reader.from_exits(called.exits, state);
        // Else each level of a text that is nested deeper would have masks of its own.
        if (made.exits == called.exits) made.number = called.number;
        return made;
    });
}

}  // namespace rwkvk::grammar
