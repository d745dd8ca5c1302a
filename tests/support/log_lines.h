#pragma once
// What code says to the log.

#include <string>
#include <vector>

#include "host/log.h"

namespace rwkvk::test {

/// While it lives, this thread's messages are kept.
class LogLines {
  public:
    LogLines()
        : sink_([this](LogLevel level, const std::string& line) {
              lines_[level == LogLevel::info].push_back(line);
          }),
          scope_(&sink_) {}

    const std::vector<std::string>& warnings() const { return lines_[0]; }
    const std::vector<std::string>& notes() const { return lines_[1]; }
    /// The only warning; "" where there is none or another number of them.
    std::string warning() const { return lines_[0].size() == 1 ? lines_[0].front() : ""; }

  private:
    std::vector<std::string> lines_[2];
    LogSink sink_;
    LogScope scope_;
};

}  // namespace rwkvk::test
