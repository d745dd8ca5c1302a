#pragma once
// How long frames took, with the model computing and without.

#include <string>
#include <vector>

namespace rwkvk::npc {

/// All in milliseconds.
struct FrameTime {
    bool inference = false;
    double interval = 0;  // from its beginning to that of the next: what a player sees
    double busy = 0;      // without the wait for the next
    double step = 0;      // of that in the engine
};
using TimeOf = double FrameTime::*;

class FrameTimes {
  public:
    void add(const FrameTime& frame) { frames_.push_back(frame); }
    /// The last of them with inference on, or off; 0: all.
    std::vector<double> values(bool inference, TimeOf what, size_t most = 0) const;
    /// A line for each frame, and one of headings. Throws std::runtime_error.
    void write_csv(const std::string& path) const;

  private:
    std::vector<FrameTime> frames_;
};

/// The value that `percent` of them do not exceed; 0 without any.
double percentile(std::vector<double> values, double percent);

/// Which part of the values lies in each bin of so many ms; the last has those beyond too.
std::vector<double> histogram(const std::vector<double>& values, double bin_ms, size_t bins);

}  // namespace rwkvk::npc
