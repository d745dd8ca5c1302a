#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "interrupts.h"

namespace rwkvk::app {

/// What is counted: bytes shown in megabytes, or tokens with the time that is left.
enum class Counted { bytes, tokens };

/// One line on stderr that says how far a task is and how fast, and is gone when it ends. Silent unless
/// stderr is a terminal, and in the first half second.
class ProgressBar {
  public:
    ProgressBar(std::string what, uint64_t total, Counted counted = Counted::bytes);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(double fraction);

  private:
    using Clock = std::chrono::steady_clock;
    std::string speed(double done, double seconds) const;

    std::string what_;
    uint64_t total_;
    Counted counted_;
    bool terminal_, shown_ = false;
    Clock::time_point start_, last_;
};

/// The bar of a task that Ctrl-C cancels.
class TaskBar : public ProgressBar {
  public:
    using ProgressBar::ProgressBar;

    /// A rwkvk_progress_fn whose `user` is the bar.
    static int32_t show_on(void* bar, double fraction);

  private:
    Interrupts interrupts_;
};

/// The bar of every prompt that a context reads while this lives.
class PromptBar {
  public:
    explicit PromptBar(Context& context);
    ~PromptBar();
    PromptBar(const PromptBar&) = delete;
    PromptBar& operator=(const PromptBar&) = delete;

  private:
    void show(size_t done, size_t total);

    Context& context_;
    std::optional<ProgressBar> bar_;
};

}  // namespace rwkvk::app
