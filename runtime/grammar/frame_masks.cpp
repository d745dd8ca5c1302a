#include "runtime/grammar/frame_masks.h"

#include <utility>

#include "runtime/grammar/trie_walk.h"

namespace rwkvk::grammar {
namespace {

constexpr size_t most_recent_bytes = size_t{8} << 20;  // of a grammar; as many are older

size_t bytes_of(const FrameMask& mask) {
    return sizeof mask + 64 + mask.bits.size() * 8 + (mask.few.size() + mask.exits.size()) * 4;
}

}  // namespace

void FrameMask::add_to(TokenBits& all) const {
    for (size_t i = 0; i < bits.size(); ++i) all[i] |= bits[i];
    for (const text::Token token : few) set_bit(all, token);
}

std::shared_ptr<const FrameMask> FrameMasks::make(Automaton::State state) const {
    StackPool pool;
    TrieWalk walk(automaton_, trie_, pool);
    FrameMask mask;
    const Thread from{state, 0};
    walk.below(0, {&from, 1}, [&](uint32_t node, bool ended) {
        for (uint32_t i = trie_.nodes()[node].first_token; i < trie_.nodes()[node + 1].first_token; ++i)
            mask.few.push_back(trie_.tokens()[i]);
        if (ended) mask.exits.push_back(node);
    });
    if (mask.few.size() > trie_.vocabulary() / 32) {  // ids take more than bits
        mask.bits.resize(words_of(trie_.vocabulary()));
        for (const text::Token token : mask.few) set_bit(mask.bits, token);
        mask.few = {};
    }
    mask.few.shrink_to_fit();
    mask.exits.shrink_to_fit();
    mask.work = walk.work();
    return std::make_shared<const FrameMask>(std::move(mask));
}

std::shared_ptr<const FrameMask> FrameMasks::find(Automaton::State state) {
    const auto recent = recent_.find(state);
    if (recent != recent_.end()) return recent->second;
    const auto older = older_.find(state);
    if (older == older_.end()) return nullptr;
    const auto mask = older->second;
    keep(state, mask);
    return mask;
}

void FrameMasks::keep(Automaton::State state, std::shared_ptr<const FrameMask> mask) {
    if (recent_bytes_ > most_recent_bytes) {
        older_ = std::exchange(recent_, {});
        recent_bytes_ = 0;
    }
    recent_bytes_ += bytes_of(*mask);
    recent_.insert_or_assign(state, std::move(mask));
}

std::shared_ptr<const FrameMask> FrameMasks::of(Automaton::State state) {
    {
        const std::lock_guard lock(mutex_);
        if (auto kept = find(state)) return kept;
    }
    auto made = make(state);  // by several threads at once perhaps: the same
    const std::lock_guard lock(mutex_);
    keep(state, made);
    return made;
}

}  // namespace rwkvk::grammar
