#include "runtime/graph/piece_times.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace rwkvk {

size_t PieceTimes::fitting(size_t begin, double seconds) const {
    size_t end = begin;
    while (end < seconds_.size() && seconds_[end] <= seconds) seconds -= seconds_[end++];
    return end;
}

void PieceTimes::took(size_t begin, size_t end, double seconds) {
    const std::span<double> those = std::span(seconds_).subspan(begin, end - begin);
    const double expected = std::accumulate(those.begin(), those.end(), 0.0);
    if (expected <= 0) {
        std::ranges::fill(those, seconds / static_cast<double>(those.size()));
        return;
    }
    // Half of a move at a time, and not far up: another program may have been in the way.
    const double ratio = std::min((1 + seconds / expected) / 2, 1.5);
    for (double& one : those) one *= ratio;
}

}  // namespace rwkvk
