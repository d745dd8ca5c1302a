#include "runtime/session/context.h"

#include <algorithm>

#include "runtime/model/state_layout.h"
#include "runtime/session/feed_run.h"

namespace rwkvk {

Context::Context(std::shared_ptr<const Model> model, std::unique_ptr<Backend> backend)
    : model_(std::move(model)),
      backend_(std::move(backend)),
      parity_(backend_->options().slots + backend_->options().spare_slots, 0) {
    if (!model_->initial_state().empty()) set_initial({});
}

void Context::check(std::span<const Feed> feeds) const {
    std::vector<bool> seen(backend_->options().slots, false);
    for (const Feed& feed : feeds) {
        check_slot(feed.slot);
        if (seen[feed.slot])
            throw Error(Code::bad_argument, concat("slot ", feed.slot, " is fed twice in one call"));
        seen[feed.slot] = true;
        const bool vectors = !feed.vectors.empty();
        if (vectors && feed.vectors.size() != feed.tokens.size() * model_->programs().width) {
            throw Error(Code::bad_argument,
                        concat("expected ", feed.tokens.size(), " vectors of ", model_->programs().width,
                               " elements, found ", feed.vectors.size(), " elements"));
        }
        for (size_t i = 0; i < feed.tokens.size(); ++i) {
            if (feed.tokens[i] >= model_->programs().vocabulary && !(vectors && feed.tokens[i] == NONE)) {
                throw Error(Code::bad_token,
                            concat("token ", i, " has id ", feed.tokens[i], "; the vocabulary has ids 0 to ",
                                   model_->programs().vocabulary - 1));
            }
        }
    }
}

void Context::feed(std::span<const Feed> feeds, const LogitsSink& sink, uint32_t chunk) {
    FeedRun(*this, {feeds.begin(), feeds.end()}, sink, chunk).run();
}

std::vector<float> Context::feed(uint32_t slot, std::span<const Token> tokens, uint32_t chunk) {
    std::vector<float> last;
    const Feed feed{.slot = slot, .tokens = tokens, .want = Want::last, .vectors = {}};
    this->feed(
        {&feed, 1},
        [&](size_t, size_t, std::span<const float> logits) { last.assign(logits.begin(), logits.end()); },
        chunk);
    return last;
}

std::vector<float> Context::feed_whole(uint32_t slot, std::span<const Token> tokens, Want want) {
    const size_t most = backend_->options().max_rows;
    bool interrupted = false;
    std::vector<float> last;
    while (!tokens.empty()) {
        const Feed piece{.slot = slot,
                         .tokens = tokens.first(std::min(most, tokens.size())),
                         .want = tokens.size() > most ? Want::nothing : want,
                         .vectors = {}};
        try {  // one run: it is done, or interrupted before it begins
            feed({&piece, 1}, [&](size_t, size_t, std::span<const float> logits) {
                last.assign(logits.begin(), logits.end());
            });
            tokens = tokens.subspan(piece.tokens.size());
        } catch (const Error& error) {
            if (error.code() != Code::cancelled) throw;
            interrupted = true;
        }
    }
    if (interrupted) interrupt();
    return last;
}

void Context::finish() {
    float any = 0;
    backend_->read_carried("hidden", {&any, 1});
}

uint32_t Context::entry(const StateRequest& state, uint32_t slot) const {
    return state.entries == 1 ? slot : slot * state.entries + parity_[slot];
}

void Context::check_slot(uint32_t slot) const {
    const uint32_t slots = backend_->options().slots;
    if (slot < slots) return;
    throw Error(Code::bad_argument, concat("slot ", slot, " does not exist; there are ", slots));
}

void Context::reset(uint32_t slot) {
    check_slot(slot);
    if (!initial_.empty()) return set_state(slot, initial_);
    const auto& states = model_->programs().body.states;
    for (uint32_t i = 0; i < states.size(); ++i) {
        backend_->write_state(i, entry(states[i], slot),
                              std::vector<float>(states[i].width, states[i].initial));
    }
}

void Context::set_initial(std::vector<float> values, std::string from) {
    if (values.empty()) values = model_->initial_state();
    if (!values.empty()) check_elements(values);
    initial_ = std::move(values);
    initial_from_ = std::move(from);
    for (uint32_t slot = 0; slot < backend_->options().slots; ++slot) reset(slot);
}

void Context::copy(uint32_t from, uint32_t to) {
    check_slot(from);
    check_slot(to);
    if (from != to) copy_slot(from, to);
}

void Context::copy_slot(uint32_t from, uint32_t to) {
    const auto& states = model_->programs().body.states;
    std::vector<StateCopy> copies;
    for (uint32_t i = 0; i < states.size(); ++i)
        copies.push_back({i, entry(states[i], from), entry(states[i], to)});
    backend_->copy_states(copies);
}

std::vector<float> Context::state(uint32_t slot) {
    check_slot(slot);
    std::vector<float> all;
    const auto& states = model_->programs().body.states;
    for (uint32_t i = 0; i < states.size(); ++i) {
        std::vector<float> values(states[i].width);
        backend_->read_state(i, entry(states[i], slot), values);
        const std::vector<float> canonical = transpose_state(states[i], values);
        all.insert(all.end(), canonical.begin(), canonical.end());
    }
    return all;
}

void Context::check_elements(std::span<const float> values) const {
    if (values.size_bytes() == model_->state_bytes()) return;
    throw Error(Code::bad_shape, concat("a state of this model has ", model_->state_bytes() / sizeof(float),
                                        " elements, found ", values.size()));
}

void Context::set_state(uint32_t slot, std::span<const float> values) {
    check_slot(slot);
    check_elements(values);
    const auto& states = model_->programs().body.states;
    for (uint32_t i = 0; i < states.size(); ++i) {
        backend_->write_state(i, entry(states[i], slot),
                              transpose_state(states[i], values.first(states[i].width)));
        values = values.subspan(states[i].width);
    }
}

}  // namespace rwkvk
