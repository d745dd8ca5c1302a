#pragma once
// The hidden vectors of a text as one.

#include <cmath>
#include <cstddef>
#include <vector>

namespace rwkvk::app {

enum class Pooling { mean, last };

/// Sums in the order of the tokens, of doubles: the same on every machine.
class Pool {
  public:
    explicit Pool(Pooling pooling) : pooling_(pooling) {}

    void add(const float* vector, size_t count) {
        if (pooling_ == Pooling::last || sums_.empty()) sums_.assign(count, 0.0);
        for (size_t i = 0; i < count; ++i) sums_[i] += vector[i];
        tokens_ = pooling_ == Pooling::last ? 1 : tokens_ + 1;
    }
    /// Of length 1 unless `plain`.
    std::vector<float> vector(bool plain) const {
        double squares = 0;
        for (const double sum : sums_) squares += sum * sum;
        const double by = plain ? static_cast<double>(tokens_) : squares > 0 ? std::sqrt(squares) : 1.0;
        std::vector<float> vector;
        for (const double sum : sums_) vector.push_back(static_cast<float>(sum / by));
        return vector;
    }

  private:
    const Pooling pooling_;
    std::vector<double> sums_;
    size_t tokens_ = 0;
};

}  // namespace rwkvk::app
