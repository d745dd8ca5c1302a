#pragma once
// The tokens that sampling may choose, with integer weights; the only float operations are those of
// shaders/exact_math.h and products with powers of two, which are exact. docs/NUMERICS.md, "Sampling", is the
// definition.

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/text/exponents.h"
#include "runtime/text/sampler_params.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

/// What is left of edited logits after the stages of `params.order`. Each stage sees the tokens that the ones
/// before it have left, with probabilities that sum to 1 again.
class Distribution {
  public:
    Distribution() = default;  // of no tokens, until assign
    /// As `assign`.
    Distribution(std::span<const float> logits, const SamplerParams& params) { assign(logits, params); }

    /// Shapes: logits [vocabulary]; -inf stands for a banned token, none is
    /// NaN or +inf.
    /// Errors: Code::bad_argument when no token is left.
    void assign(std::span<const float> logits, const SamplerParams& params);
    /// The same of settled logits (exact::settle), in the memory of the one before: it takes that of
    /// `logits`, which get that of the ones before.
    void take(std::vector<float>& logits, const SamplerParams& params);

    /// How many tokens are kept.
    size_t size() const { return size_; }
    uint64_t total() const { return total_; }
    /// The first call of one of these two sorts the tokens.
    Token id(size_t rank);
    uint64_t weight(size_t rank);
    /// The token at `fraction` / 2^64 of the total.
    Token pick(uint64_t fraction);

  private:
    void leave_out_banned();
    void truncate(const SamplerParams& params);
    void keep_highest();
    void keep_min_p(float min_p);
    void keep_typical(float typical);
    void keep_top_p(float top_p);
    void keep_top_k(uint32_t top_k);

    template <typename Keep>
    void keep(const Keep& keep);
    /// Whether the token comes before one of this logit at that place, where another may lie by now.
    bool is_in_front(size_t place, float of_logit, size_t of_place) const;

    std::span<const float> left() const { return std::span(logits_).first(size_); }
    void set_scale(const ExponentScale& scale);
    /// Makes `weight_of` valid; returns the sum of all weights.
    uint64_t weigh();
    uint64_t weight_of(size_t place) const;
    /// The place of the token at which the sum of weights passes `sum`.
    size_t select(uint64_t sum);
    uint32_t place_of(size_t rank);
    Token id_at(size_t place) const { return has_ids_ ? ids_[place] : static_cast<Token>(place); }

    // Of the tokens left, in rising order of their ids; what lies behind the first size_ is only memory.
    size_t size_ = 0;
    std::vector<float> logits_;
    std::vector<Token> ids_;     // where has_ids_; else each is its place
    std::vector<float> powers_;  // weights before they are rounded down, where has_powers_

    ExponentScale scale_;
    bool has_ids_ = false, has_powers_ = false;
    uint64_t total_ = 0;
    std::vector<uint32_t> order_;                 // places by rank, once somebody has asked
    std::vector<uint32_t> selected_, distances_;  // memory of a selection, and of typical sampling
};

/// Whether nothing is left to chance: the temperature or top_p is 0, or below 2^-50.
bool is_greedy(const SamplerParams& params);

}  // namespace rwkvk::text
