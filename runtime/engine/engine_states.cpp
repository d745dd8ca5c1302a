// What an engine does with states: those it keeps, for others to go on from, and those it hands out.
#include "runtime/engine/engine.h"

namespace rwkvk::engine {

size_t Engine::cached(const std::string& domain, std::span<const Token> tokens) {
    return cache_.find(domain, tokens).tokens;
}

void Engine::keep(const std::string& domain, const SavedState& state) {
    if (state.tokens.empty())
        throw Error(Code::bad_argument, "a state whose tokens are not known cannot be found by them");
    require_size(state, *model_);
    if (cache_.holds(domain, state.tokens)) return;  // and may have logits too
    cache_.keep(domain, state.tokens, {.state = state.values, .logits = {}});
}

/// Into its slot, the state that saves the most tokens.
void Engine::restore(Sequence& sequence) {
    const StateCache::Found found = sequence.scores_prompt() || sequence.tells_hidden()
                                        ? StateCache::Found{}  // of what is not read there are no logits
                                        : cache_.find(sequence.request.domain, sequence.tokens);
    if (found.kept) {
        context_->set_state(sequence.slot, found.kept->state);
        if (found.tokens == sequence.tokens.size()) sequence.logits = found.kept->logits;
    } else if (sequence.request.from) {
        context_->set_state(sequence.slot, sequence.request.from->values);
    } else {
        context_->reset(sequence.slot);
    }
    sequence.fed = found.tokens;
    sequence.cuts = cuts_of(sequence.request, sequence.prompt_tokens, found.tokens, found.known);
    sequence.lost = false;
    if (sequence.started) return;
    sequence.begin(found.tokens);
    counts_.cached_tokens += found.tokens;
}

/// For others to go on from.
void Engine::keep_state(Sequence& sequence) {
    if (sequence.tells_hidden()) return;  // there are no logits to keep with it
    const std::span<const Token> tokens = std::span(sequence.tokens).first(sequence.fed);
    if (model_->state_bytes() > options_.cache_bytes || cache_.holds(sequence.request.domain, tokens)) return;
    cache_.keep(
        sequence.request.domain, tokens,
        {context_->state(sequence.slot), sequence.left() == 0 ? sequence.logits : std::vector<float>()});
}

/// What the next turn of a conversation begins with, and what its asker wanted.
void Engine::leave_state(Sequence& sequence) {
    if (sequence.fed > sequence.prompt_tokens) keep_state(sequence);
    if (!sequence.request.wants_state) return;
    const SavedState* const from = sequence.request.from.get();
    auto state = std::make_shared<SavedState>(SavedState{
        .values = context_->state(sequence.slot), .position = (from ? from->position : 0) + sequence.fed});
    if (from) state->tokens = from->tokens;
    if (state->tokens.size() + sequence.fed == state->position) {  // else some are not known
        const auto fed = sequence.tokens.begin() + static_cast<ptrdiff_t>(sequence.fed);
        state->tokens.insert(state->tokens.end(), sequence.tokens.begin(), fed);
    }
    sequence.state = std::move(state);
}

}  // namespace rwkvk::engine
