#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "interrupts.h"

namespace rwkvk::app {

/// One line on stderr that says how far a task is and how fast, and is gone when it ends. Silent unless
/// stderr is a terminal, and in the first half second.
class ProgressBar {
  public:
    ProgressBar(std::string what, uint64_t total_bytes);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(double fraction);
    /// A rwkvk_progress_fn whose `user` is the bar. Ctrl-C cancels.
    static int32_t show_on(void* bar, double fraction);

  private:
    using Clock = std::chrono::steady_clock;
    Interrupts interrupts_;
    std::string what_;
    uint64_t total_bytes_;
    bool terminal_, shown_ = false;
    Clock::time_point start_, last_;
};

}  // namespace rwkvk::app
