#pragma once
// Tokens drawn one after the other, each fed to draw the next. Where the device can, it draws them itself and
// runs ahead of whoever takes them; the tokens, the sampler and the state are the same as without.

#include <array>
#include <span>
#include <vector>

#include "runtime/session/context.h"
#include "runtime/text/sampler.h"

namespace rwkvk {

class Generation {
  public:
    /// Of the context's backend: copies of the state, to go back to.
    static constexpr uint32_t spare_slots = 2;

    struct Options {
        uint32_t slot = 0;
        std::vector<Token> ends = {};  // tokens that end it and are not fed
        size_t limit = SIZE_MAX;       // as many tokens at most
    };

    /// `logits` [vocabulary] of what the slot was fed last are what the first token is drawn from. The
    /// sampler accepts every token that is drawn. Nobody else may use the context until `stop`.
    Generation(Context& context, std::span<const float> logits, text::Sampler& sampler, Options options);

    /// The next token: those before it are in the state. Tokens from `certain` on may be taken back by
    /// `stop`, which is then faster. Not behind an end or the limit. Errors: as Sampler::sample and
    /// Context::feed, but an interrupt waits for Context::take_interrupt.
    Token next(size_t certain);
    Token next() { return next(tokens_.size()); }

    /// Those that `next` returned.
    const std::vector<Token>& tokens() const { return tokens_; }
    /// Whether the last one is one of the ends.
    bool ended() const { return ended_; }

    /// Makes the state hold the first `count` of them, `certain` of the last call of `next` or more. Can be
    /// called again.
    void stop(size_t count);

  private:
    struct Checkpoint {
        uint32_t slot;
        size_t position;  // tokens that the state in it holds
    };
    Token draw_here(size_t certain);
    Token draw_on_device(size_t certain);
    void feed(size_t count, Want want);
    void device_fed(size_t count);
    void tell_progress();
    void take_checkpoint(size_t certain);

    Context& context_;
    text::Sampler& sampler_;
    const Options options_;
    std::vector<float> logits_;
    TokenLoop* loop_ = nullptr;  // null: the sampler draws
    std::vector<Token> tokens_;
    size_t fed_ = 0;      // that are in the state, or will be once the device comes to them
    size_t certain_ = 0;  // as `next` was told last
    bool ended_ = false;
    std::vector<Checkpoint> checkpoints_;  // the older one first
};

}  // namespace rwkvk
