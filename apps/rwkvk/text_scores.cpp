#include "text_scores.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace rwkvk::app {

Prediction::Prediction(std::span<const float> logits)
    : logits_(logits),
      top_(static_cast<size_t>(std::ranges::max_element(logits) - logits.begin())),
      log_sum_(logits[top_]) {
    double sum = 0;
    for (const float logit : logits) sum += std::exp(logit - log_sum_);
    log_sum_ += std::log(sum);
}

void TextScore::add(const Prediction& prediction, uint32_t next) {
    const double surprise = -prediction.log_probability(next);
    ++tokens_;
    sum_ += surprise;
    squares_ += surprise * surprise;
}

double TextScore::perplexity() const { return std::exp(sum_ / static_cast<double>(tokens_)); }

double TextScore::error() const {
    if (tokens_ < 2) return 0;
    const auto n = static_cast<double>(tokens_);
    const double variance = std::max(0.0, squares_ / n - sum_ / n * sum_ / n);
    return perplexity() * std::sqrt(variance / (n - 1));
}

double TextScore::bits_per_byte(size_t bytes) const {
    return sum_ / std::numbers::ln2 / static_cast<double>(bytes);
}

void Divergence::add(const Prediction& base, const Prediction& model) {
    double divergence = 0;
    for (size_t id = 0; id < base.size(); ++id) {
        const double base_log = base.log_probability(id);
        divergence += std::exp(base_log) * (base_log - model.log_probability(id));
    }
    divergences_.push_back(std::max(divergence, 0.0));  // rounding can leave a trace below it
    same_top_ += base.top() == model.top();
}

double Divergence::mean() const {
    return std::accumulate(divergences_.begin(), divergences_.end(), 0.0) /
           static_cast<double>(divergences_.size());
}

double Divergence::quantile(double part) const {
    std::vector<double> sorted = divergences_;
    std::ranges::sort(sorted);
    const double rank = std::ceil(part * static_cast<double>(sorted.size()));
    return sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

double Divergence::same_top() const {
    return static_cast<double>(same_top_) / static_cast<double>(divergences_.size());
}

}  // namespace rwkvk::app
