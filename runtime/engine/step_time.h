#pragma once

#include <limits>
#include <optional>
#include <utility>

#include "host/stopwatch.h"

namespace rwkvk::engine {

/// The time that a step has, or all of it that it wants.
class StepTime {
  public:
    explicit StepTime(std::optional<double> seconds) : seconds_(seconds) {}

    bool is_limited() const { return seconds_.has_value(); }
    const std::optional<double>& seconds() const { return seconds_; }
    double left() const {
        return seconds_ ? *seconds_ - watch_.seconds() : std::numeric_limits<double>::infinity();
    }
    /// Whether something may begin that takes so long: what comes first always may.
    bool allows(double seconds) { return take_first() || seconds <= left(); }
    /// Whether nothing of the step was done before.
    bool take_first() { return std::exchange(first_, false); }

  private:
    std::optional<double> seconds_;
    Stopwatch watch_;
    bool first_ = true;
};

}  // namespace rwkvk::engine
