#pragma once
// The histograms of frame times with inference off and on, over each other.

#include "frame_times.h"
#include "paper.h"

namespace rwkvk::npc {

class Panel {
  public:
    /// `period_ms`: of a frame. `title`: what the model runs on.
    Panel(double period_ms, std::string title) : period_ms_(period_ms), title_(std::move(title)) {}

    /// Counts anew, several times a second: sorting would take a part of every frame.
    void update(const FrameTimes& times);
    void draw(const Paper& paper, bool inference) const;

  private:
    struct Series {
        std::vector<double> shares;
        std::string legend;
    };
    struct Plot {
        const char* title;
        TimeOf what;
        double bin_ms;
        Series off, on;
    };
    Series count(const FrameTimes& times, const Plot& plot, bool inference) const;
    void draw_plot(const Paper& paper, const Plot& plot, float x, float y) const;

    double period_ms_;
    std::string title_;
    int frames_until_update_ = 0;
    Plot plots_[2] = {{"frame to frame, ms", &FrameTime::interval, 0.5, {}, {}},
                      {"busy, ms", &FrameTime::busy, 0.5, {}, {}}};
};

}  // namespace rwkvk::npc
