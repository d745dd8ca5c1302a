#pragma once
// What texts are allowed to be, besides what sampling would like.

#include <memory>
#include <span>
#include <utility>

#include "runtime/text/think_splitter.h"
#include "runtime/text/vocabulary.h"

namespace rwkvk::text {

/// Says of a text, while it comes, which tokens may be next.
class Constraint {
  public:
    virtual ~Constraint() = default;
    virtual std::unique_ptr<Constraint> copy() const = 0;

    /// The text begins anew, as the answer of a reply that begins so: what the model writes before it is let
    /// through.
    virtual void begin(ReplyStart start) = 0;
    /// Makes the logits of tokens that may not come next -inf. Shapes: logits [vocabulary].
    /// Errors: Code::bad_argument when none may, or when that takes too long to find out.
    virtual void ban(std::span<float> logits) const = 0;
    /// The token has become part of the text. Errors: Code::bad_argument for one that `ban` would have
    /// banned.
    virtual void accept(Token id) = 0;
};

/// Owns a constraint or none; a copy has one of its own.
class OwnConstraint {
  public:
    OwnConstraint() = default;
    explicit OwnConstraint(std::unique_ptr<Constraint> constraint) : constraint_(std::move(constraint)) {}
    OwnConstraint(const OwnConstraint& other) : constraint_(other ? other->copy() : nullptr) {}
    OwnConstraint(OwnConstraint&&) noexcept = default;
    OwnConstraint& operator=(OwnConstraint other) noexcept {
        constraint_ = std::move(other.constraint_);
        return *this;
    }
    explicit operator bool() const { return constraint_ != nullptr; }
    Constraint* operator->() const { return constraint_.get(); }

  private:
    std::unique_ptr<Constraint> constraint_;
};

}  // namespace rwkvk::text
