#include "runtime/grammar/kept_grammars.h"

#include <algorithm>
#include <utility>

namespace rwkvk::grammar {
namespace {

// Of the usual size, with masks: some hundred KiB. Large ones are not worth their memory.
constexpr size_t most_kept = 64, most_kept_states = 16384;

}  // namespace

KeptGrammars::Pointer KeptGrammars::find(const std::string& name) {
    const auto found = std::ranges::find(kept_, name, &Kept::name);
    if (found == kept_.end()) return nullptr;
    std::rotate(kept_.begin(), found, found + 1);
    return kept_.front().grammar;
}

KeptGrammars::Pointer KeptGrammars::get(const std::string& name, const Make& make,
                                        const text::Tokenizer& tokenizer) {
    std::shared_ptr<const TokenTrie> vocabulary;
    {
        const std::lock_guard lock(mutex_);
        if (Pointer known = find(name)) return known;
        if (!vocabulary_) vocabulary_ = std::make_shared<const TokenTrie>(tokenizer);
        vocabulary = vocabulary_;
    }
    Pointer made = make(std::move(vocabulary));  // while others go on
    if (made->automaton().size() > most_kept_states) return made;
    const std::lock_guard lock(mutex_);
    if (Pointer known = find(name)) return known;
    kept_.push_front({name, made});
    if (kept_.size() > most_kept) kept_.pop_back();
    return made;
}

}  // namespace rwkvk::grammar
