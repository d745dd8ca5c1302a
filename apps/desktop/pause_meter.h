#pragma once
// How long the window did not listen.

#include <algorithm>
#include <chrono>

namespace rwkvk::desktop {

enum class Doing { nothing, loading, answering, verifying };

class PauseMeter {
  public:
    using Clock = std::chrono::steady_clock;

    void listens_no_more() { since_ = Clock::now(); }
    void listens_again(Doing doing) {
        const double ms = std::chrono::duration<double, std::milli>(Clock::now() - since_).count();
        double& longest = longest_ms_[static_cast<int>(doing)];
        longest = std::max(longest, ms);
    }
    double longest_ms(Doing doing) const { return longest_ms_[static_cast<int>(doing)]; }

  private:
    Clock::time_point since_{};
    double longest_ms_[4] = {};
};

}  // namespace rwkvk::desktop
