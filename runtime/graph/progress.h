#pragma once

#include <cstdint>
#include <functional>

namespace rwkvk {

/// Told how much of a long task is done, from 0 to 1, in rising order and from one thread. Returning false
/// cancels the task, which then throws Code::cancelled.
using Progress = std::function<bool(double fraction)>;

/// Turns bytes that were taken over into calls of a progress function: 0 at first, then each time another
/// half per cent is done, 1 at the end. Without a function it does nothing.
class ProgressMeter {
  public:
    ProgressMeter() = default;
    /// Errors of all members: Code::cancelled.
    ProgressMeter(Progress progress, uint64_t total_bytes);

    void add(uint64_t bytes);
    void finish();  // once
    /// Bytes that may be taken over between two calls of `add`: about a per cent, but enough to be worth a
    /// loop over several threads.
    uint64_t step_bytes() const;

  private:
    void tell(double fraction);

    Progress progress_;
    uint64_t total_ = 0, done_ = 0;
    uint64_t told_ = 0;  // in units of half a per cent
};

}  // namespace rwkvk
