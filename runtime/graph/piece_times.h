#pragma once

#include <cstddef>
#include <vector>

namespace rwkvk {

/// How long the pieces of a program are expected to take, learned from those that were run.
class PieceTimes {
  public:
    explicit PieceTimes(std::vector<double> guesses) : seconds_(std::move(guesses)) {}

    size_t count() const { return seconds_.size(); }
    /// The end of those from `begin` on that fit into so many seconds together.
    size_t fitting(size_t begin, double seconds) const;
    /// Those from `begin` to `end` took so long together.
    void took(size_t begin, size_t end, double seconds);

  private:
    std::vector<double> seconds_;
};

}  // namespace rwkvk
