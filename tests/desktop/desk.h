#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "session.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk::test {

using namespace rwkvk::desktop;

/// A session, and what a window's loop does with it.
class Desk {
  public:
    explicit Desk(const ModelChoice& first = {.path = "", .device = "cpu"},
                  const Runtime& runtime = Runtime(), DrawingDevice drawing = {})
        : session(
              {folder.path() / "conversations", folder.path() / "states", folder.path() / "desktop.json"},
              [this] {
                  const std::lock_guard lock(mutex_);
                  woken_ = true;
                  changed_.notify_all();
              },
              first, runtime, std::move(drawing)) {}

    /// False when it has not come about in two minutes.
    bool until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
        while (!condition()) {
            std::unique_lock lock(mutex_);
            if (!changed_.wait_until(lock, end, [&] { return woken_; })) return false;
            woken_ = false;
            lock.unlock();
            session.pump();
        }
        return true;
    }
    bool ready() {
        return until([&] { return session.model().ready && !session.model().loading; });
    }
    bool answered() {
        return until([&] { return !session.answering(); });
    }
    std::string ask(const std::string& text) {
        REQUIRE(session.say(text));
        REQUIRE(answered());
        return session.current().messages.empty() ? "" : session.current().messages.back().text;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;

  public:
    TemporaryFolder folder;
    Session session;
};

}  // namespace rwkvk::test
