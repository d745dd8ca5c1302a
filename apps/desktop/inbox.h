#pragma once
// Events from other threads, for the window's.

#include <functional>
#include <mutex>
#include <vector>

#include "events.h"

namespace rwkvk::desktop {

class Inbox {
  public:
    /// `wake` is called after every event, from the thread that it comes from.
    explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

    void push(Event event) {
        {
            const std::lock_guard lock(mutex_);
            events_.push_back(std::move(event));
        }
        wake_();
    }
    std::vector<Event> drain() {
        const std::lock_guard lock(mutex_);
        return std::exchange(events_, {});
    }

  private:
    std::function<void()> wake_;
    std::mutex mutex_;
    std::vector<Event> events_;
};

}  // namespace rwkvk::desktop
