#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "runtime/grammar/grammar.h"
#include "runtime/grammar/stacks.h"
#include "runtime/text/constraint.h"

namespace rwkvk::grammar {

/// A text that is held to a grammar while it comes.
class Matcher final : public text::Constraint {
  public:
    explicit Matcher(std::shared_ptr<const Grammar> grammar);

    std::unique_ptr<Constraint> copy() const override { return std::make_unique<Matcher>(*this); }
    void begin(text::ReplyStart start) override;
    void ban(std::span<float> logits) const override;
    void accept(text::Token id) override;

    /// Takes bytes; false, and nothing is taken, where the grammar does not go on so. Errors: as
    /// Threads::reach.
    bool read(std::string_view bytes);
    /// Whether the text is complete, and may be more.
    bool may_end() const { return may_end_; }
    bool may_go_on() const { return !threads_.empty(); }
    /// The tokens that may come next. Errors: as TrieWalk::below.
    TokenBits allowed() const;

  private:
    void collect();

    std::shared_ptr<const Grammar> grammar_;
    StackPool pool_;
    std::vector<Thread> threads_;
    bool may_end_ = false;
};

}  // namespace rwkvk::grammar
