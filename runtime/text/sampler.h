#pragma once
// Choosing the next token. Exact: the same logits, edits and seed give the same token on every machine, since
// only the operations of shaders/exact_math.h and integers decide. docs/NUMERICS.md, "Sampling".

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "runtime/text/constraint.h"
#include "runtime/text/distribution.h"
#include "runtime/text/penalties.h"
#include "runtime/text/sampler_params.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

/// All that a sampler remembers but for its constraint: copied out and in, it saves, forks or takes back a
/// chat.
struct SamplerState {
    uint64_t draws = 0;
    std::vector<Occurrence> occurrences;  // in rising order of id
    bool operator==(const SamplerState&) const = default;
};

/// Draws tokens one after the other; draw i uses the i-th block of Philox4x32-10 keyed by the seed. Greedy
/// choices use none.
class Sampler {
  public:
    /// Errors: Code::bad_argument for a parameter out of its range.
    explicit Sampler(const SamplerParams& params);

    /// Adds `value` to the token's logit before everything else; 0 takes that back.
    /// Errors: Code::bad_argument for a value beyond ±2^30; Code::bad_token for an id no vocabulary has.
    void set_bias(Token id, float value);
    /// Never choose this token, until `allow`. Errors: Code::bad_token for an id no vocabulary has.
    void ban(Token id);
    void allow(Token id);
    /// Bans besides what the constraint does not let through, token by token; null: nothing.
    void constrain(std::unique_ptr<Constraint> constraint) {
        constraint_ = OwnConstraint(std::move(constraint));
    }
    bool is_constrained() const { return static_cast<bool>(constraint_); }
    /// The constraint, if there is one, is of the reply that begins here.
    void begin_reply(ReplyStart start);

    /// Shapes: logits [vocabulary], finite. Ties go to the smaller id. Does not accept the token.
    /// Errors: Code::not_finite when a logit is NaN or infinite; Code::bad_argument when every token is
    /// banned, and as Constraint::ban; Code::bad_token when a bias, ban or occurrence is of a token outside
    /// the vocabulary.
    Token sample(std::span<const float> logits);
    /// What `sample` does to the sampler, for a token that a device drew in its place.
    void skip_draw();
    /// What `sample` would draw from.
    Distribution distribution(std::span<const float> logits) const;
    /// What is left of them after biases, penalties and bans: -inf for those that are banned.
    /// Errors: as `sample`.
    std::vector<float> edited(std::span<const float> logits) const;

    /// Tells penalties and constraint that this token has become part of the text; `weight` as in
    /// Penalties::accept. Errors: as Constraint::accept.
    void accept(Token id, float weight = 1.0f);
    /// Forgets what was accepted: penalties of the reference, and constraints, begin anew with each reply.
    void forget_accepted();

    const SamplerParams& params() const { return params_; }
    const std::map<Token, float>& biases() const { return biases_; }
    const std::set<Token>& bans() const { return bans_; }
    /// Biases, bans, constraint and accepted tokens stay; the random numbers go on unless the seed is
    /// another. Errors: as the constructor; nothing is changed then.
    void set_params(const SamplerParams& params);
    uint64_t draws() const { return draws_; }
    SamplerState state() const { return {draws_, penalties_.occurrences()}; }
    /// Errors: Code::bad_argument for occurrences that no sampler gives out.
    void restore(const SamplerState& state);

  private:
    void edit(std::span<const float> logits, std::vector<float>& result) const;

    SamplerParams params_;
    Penalties penalties_;
    std::map<Token, float> biases_;
    std::set<Token> bans_;
    OwnConstraint constraint_;
    uint64_t draws_ = 0;
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
struct Philox {
    uint32_t key[2];
    void block(const uint32_t counter[4], uint32_t out[4]) const;
};

}  // namespace rwkvk::text
