#include "runtime/graph/piece_times.h"

#include <algorithm>
#include <span>

namespace rwkvk {

PieceTimes::PieceTimes(const std::vector<double>& guesses) {
    for (const double guess : guesses) pieces_.push_back({guess});
}

size_t PieceTimes::fitting(size_t begin, double seconds) const {
    size_t end = begin;
    while (end < pieces_.size() && pieces_[end].seconds <= seconds) {
        if (!pieces_[end].was_run) return end == begin ? end + 1 : end;
        seconds -= pieces_[end++].seconds;
    }
    return end;
}

void PieceTimes::took(size_t begin, size_t end, double seconds) {
    const std::span<Piece> those = std::span(pieces_).subspan(begin, end - begin);
    double expected = 0;
    for (const Piece& piece : those) expected += piece.seconds;
    if (those.size() == 1 && !those[0].was_run) {
        those[0] = {seconds, true};
    } else if (expected > 0) {
        // Half of a move at a time, and not far up: another program may have been in the way.
        const double ratio = std::min((1 + seconds / expected) / 2, 1.5);
        for (Piece& piece : those) piece = {piece.seconds * ratio, true};
    }
}

}  // namespace rwkvk
