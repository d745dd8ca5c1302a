#pragma once

#include <cstdint>

namespace rwkvk::engine {

/// What a step takes by its rows, learned from those that were: a line through them, of which older ones
/// count less.
class RowCost {
  public:
    void add(uint32_t rows, double seconds);
    /// 0 as long as nothing is known.
    double seconds(uint32_t rows) const;
    /// The most rows, from 1 to `most`, that take no longer; `unknown` as long as nothing is known.
    uint32_t rows_within(double seconds, uint32_t most, uint32_t unknown) const;

  private:
    struct Line {
        double begin, slope;
    };
    Line line() const;

    double weight_ = 0, rows_ = 0, seconds_ = 0, rows_squared_ = 0, product_ = 0;  // sums
};

}  // namespace rwkvk::engine
