#include "runtime/session/generation.h"

#include <algorithm>
#include <utility>

#include "runtime/session/drawing.h"

namespace rwkvk {
namespace {

// A device runs ahead and does not know of stop strings: a state so many tokens old is not far away.
constexpr size_t tokens_between_checkpoints = 32;

}  // namespace

Generation::Generation(Context& context, std::span<const float> logits, text::Sampler& sampler,
                       Options options)
    : context_(context),
      sampler_(sampler),
      options_(std::move(options)),
      logits_(logits.begin(), logits.end()) {
    context.check_slot(options_.slot);
    RWKVK_ASSERT(context.backend().options().spare_slots == spare_slots);
    TokenLoop* const loop = context.backend().token_loop();
    if (!loop || options_.limit == 0) return;
    const uint32_t entry = context.current_shift(options_.slot);
    const auto drawing =
        drawing_of(sampler, context.model().programs().vocabulary, options_.ends, options_.slot, entry);
    if (!drawing) return;
    loop->draw_first(*drawing, logits_);
    loop_ = loop;
    take_checkpoint(0);
}

Token Generation::next(size_t certain) {
    RWKVK_ASSERT(!ended_ && tokens_.size() < options_.limit && certain <= tokens_.size());
    certain_ = certain;
    const Token token = loop_ ? draw_on_device(certain) : draw_here(certain);
    tokens_.push_back(token);
    sampler_.accept(token);
    ended_ = std::ranges::count(options_.ends, token) > 0;
    return token;
}

Token Generation::draw_here(size_t certain) {
    // The first token that may be taken back is about to be fed.
    if (certain == fed_ && fed_ < tokens_.size()) take_checkpoint(certain);
    feed(tokens_.size(), Want::last);
    return sampler_.sample(logits_);
}

Token Generation::draw_on_device(size_t certain) {
    while (fed_ < tokens_.size() + TokenLoop::depth && fed_ + 1 < options_.limit) {
        if (fed_ >= checkpoints_.back().position + tokens_between_checkpoints) take_checkpoint(certain);
        loop_->step();
        context_.advance_shift(options_.slot);
        ++fed_;
    }
    const Drawn drawn = loop_->take();
    if (drawn.bad) {
        device_fed(tokens_.size());
        throw Error(Code::not_finite,
                    concat("the logits from which token ", tokens_.size(), " is drawn are not finite"));
    }
    sampler_.skip_draw();
    if (!tokens_.empty()) tell_progress();
    return drawn.token;
}

/// The sequence ended there: the steps behind it did nothing.
void Generation::device_fed(size_t count) {
    context_.parity_[options_.slot] ^= (fed_ - count) & 1;
    fed_ = count;
    loop_ = nullptr;
}

/// As of a feed of one token.
void Generation::tell_progress() {
    if (!context_.progress_) return;
    context_.progress_(0, 1);
    context_.progress_(1, 1);
}

/// Until the state holds the first `count` tokens.
void Generation::feed(size_t count, Want want) {
    if (fed_ >= count) return;
    const std::span<const Token> rest = std::span(tokens_).subspan(fed_, count - fed_);
    std::vector<float> logits = context_.feed_whole(options_.slot, rest, want);
    if (want == Want::last) logits_ = std::move(logits);
    fed_ = count;
}

/// Of the state now. The newest one that is certain to be of use stays, so that there are at most two.
void Generation::take_checkpoint(size_t certain) {
    const uint32_t first = context_.backend().options().slots;
    uint32_t slot = first;
    if (checkpoints_.size() == 2) {
        if (checkpoints_.back().position > certain) return;
        slot = checkpoints_.front().slot;
        checkpoints_.erase(checkpoints_.begin());
    } else if (!checkpoints_.empty()) {
        slot = first + 1;
    }
    context_.copy_slot(options_.slot, slot);
    checkpoints_.push_back({slot, fed_});
}

void Generation::stop(size_t count) {
    RWKVK_ASSERT(count <= tokens_.size());
    if (loop_ && ended_) device_fed(tokens_.size() - 1);
    loop_ = nullptr;
    if (fed_ > count) {
        const auto from = std::find_if(checkpoints_.rbegin(), checkpoints_.rend(),
                                       [&](const Checkpoint& c) { return c.position <= count; });
        RWKVK_ASSERT(from != checkpoints_.rend());
        context_.copy_slot(from->slot, options_.slot);
        fed_ = from->position;
    }
    if (fed_ == certain_ && fed_ < count) take_checkpoint(certain_);  // it may be stopped again
    feed(count, Want::nothing);
}

}  // namespace rwkvk
