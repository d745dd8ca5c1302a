#pragma once

#include <cstddef>
#include <vector>

namespace rwkvk {

/// How long the pieces of a program are expected to take: a guess each, until they were run.
class PieceTimes {
  public:
    explicit PieceTimes(const std::vector<double>& guesses);

    size_t count() const { return pieces_.size(); }
    /// The end of those from `begin` on that fit into so many seconds together. One that was not run yet
    /// comes alone, so that its time can be told from others'.
    size_t fitting(size_t begin, double seconds) const;
    /// Those from `begin` to `end` took so long together.
    void took(size_t begin, size_t end, double seconds);

  private:
    struct Piece {
        double seconds;
        bool was_run = false;
    };
    std::vector<Piece> pieces_;
};

}  // namespace rwkvk
