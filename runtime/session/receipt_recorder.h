#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/session/context.h"
#include "runtime/session/receipt.h"

namespace rwkvk {

/// Writes down what is computed on a context. Errors of what adds a step: Code::unsupported where there are
/// max_receipt_steps; Code::bad_token for an id outside the vocabulary.
class ReceiptRecorder {
  public:
    using Point = Receipt::Point;

    /// Reads all of the model's weights for the fingerprint, and its adapters' files. `program`: the one that
    /// records. Errors: Code::io.
    ReceiptRecorder(Context& context, std::string program);

    const Context& context() const { return context_; }
    const Receipt& receipt() const { return receipt_; }

    /// What the context's sequences begin with now.
    Point beginning();
    /// A state that was read from a file, as read_initial_state does.
    Point loaded(const std::string& path, const std::vector<float>& values);
    /// Behind ids fed to a state.
    Point fed(Point from, std::span<const Token> ids);

    /// An answer is about to be drawn by this sampler, from behind ids fed to a state; gives the point that
    /// they make. Errors: Code::bad_argument where there is no such point, or nothing has been fed.
    Point begin_answer(Point from, std::span<const Token> ids, const text::Sampler& sampler);
    /// It is there. `state`: with all of the ids fed, but for the last if it `ended` the answer.
    /// Errors: Code::bad_argument where no answer has begun.
    void end_answer(std::vector<Token> ids, bool ended, const std::vector<float>& state);

  private:
    void check_ids(std::span<const Token> ids) const;
    bool has_logits(Point point) const;  // so that a token can be drawn: something was fed
    Point add(Receipt::Step step);
    uint32_t sampling_number(const text::Sampler& sampler);

    Context& context_;
    Receipt receipt_;
    Point answered_ = 0;  // whose answer is on its way; 0: none
    Receipt::Answer answer_;
};

}  // namespace rwkvk
