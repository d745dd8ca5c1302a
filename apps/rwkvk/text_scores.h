#pragma once
// How well a model foretells a text, and how far it is from another model.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rwkvk::app {

/// Over the tokens of a text, each with the logits that came before it.
class TextScore {
  public:
    void add(std::span<const float> logits, uint32_t next);

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
    void add(std::span<const float> base, std::span<const float> logits);

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
