#pragma once
// How well a model foretells a text, and how far it is from another model.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rwkvk::app {

/// What a model says of the next token. Refers to the logits.
class Prediction {
  public:
    explicit Prediction(std::span<const float> logits);

    size_t size() const { return logits_.size(); }
    size_t top() const { return top_; }  // the most probable token, the first of several
    double log_probability(size_t id) const { return logits_[id] - log_sum_; }

  private:
    std::span<const float> logits_;
    size_t top_;
    double log_sum_;  // ln of the sum of e^logit
};

/// Over the tokens of a text, each with what was said before it.
class TextScore {
  public:
    void add(const Prediction& prediction, uint32_t next);

    size_t tokens() const { return tokens_; }
    /// e to the mean of -ln p.
    double perplexity() const;
    /// Of the perplexity: its standard error, the tokens taken as independent. 0 for fewer than two.
    double error() const;
    double bits_per_byte(size_t bytes) const;

  private:
    size_t tokens_ = 0;
    double sum_ = 0, squares_ = 0;  // of -ln p
};

/// The Kullback-Leibler divergence of a model's predictions from those of a base model, in nats per token.
class Divergence {
  public:
    void add(const Prediction& base, const Prediction& model);

    double mean() const;
    /// The value that a share `part` of the tokens do not exceed; 1: the largest.
    double quantile(double part) const;
    /// Of the tokens, the share for which both models' most probable next token is the same.
    double same_top() const;

  private:
    std::vector<double> divergences_;
    size_t same_top_ = 0;
};

}  // namespace rwkvk::app
