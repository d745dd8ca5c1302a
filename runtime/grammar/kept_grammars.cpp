#include "runtime/grammar/kept_grammars.h"

#include <algorithm>
#include <utility>

namespace rwkvk::grammar {
namespace {

// Of the usual size, with masks: some hundred KiB. Large ones are not worth their memory.
constexpr size_t most_kept = 64, most_kept_states = 16384;

}  // namespace

KeptGrammars::Pointer KeptGrammars::find(Make make, std::string_view text) {
    const auto found =
        std::ranges::find_if(kept_, [&](const Kept& kept) { return kept.make == make && kept.text == text; });
    if (found == kept_.end()) return nullptr;
    std::rotate(kept_.begin(), found, found + 1);
    return kept_.front().grammar;
}

KeptGrammars::Pointer KeptGrammars::get(Make make, std::string_view text, const text::Tokenizer& tokenizer) {
    std::shared_ptr<const TokenTrie> vocabulary;
    {
        const std::lock_guard lock(mutex_);
        if (Pointer known = find(make, text)) return known;
        if (!vocabulary_) vocabulary_ = std::make_shared<const TokenTrie>(tokenizer);
        vocabulary = vocabulary_;
    }
    Pointer made = make(text, std::move(vocabulary));  // while others go on
    if (made->automaton().size() > most_kept_states) return made;
    const std::lock_guard lock(mutex_);
    if (Pointer known = find(make, text)) return known;
    kept_.push_front({make, std::string(text), made});
    if (kept_.size() > most_kept) kept_.pop_back();
    return made;
}

}  // namespace rwkvk::grammar
