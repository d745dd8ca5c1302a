#pragma once
// Diagnostics. The library prints nothing by itself and keeps no global sink: messages go where the call that
// causes them was told to send them.

#include <functional>
#include <string>

namespace rwkvk {

enum class LogLevel { debug, info, warning, error };

using LogSink = std::function<void(LogLevel, const std::string& message)>;

/// While it lives, this thread's messages go to `sink`, which outlives it; null drops them. Scopes nest.
class LogScope {
  public:
    explicit LogScope(const LogSink* sink);
    ~LogScope();
    LogScope(const LogScope&) = delete;
    LogScope& operator=(const LogScope&) = delete;

  private:
    const LogSink* previous_;
};

/// Sends one line, without a line end, to the sink of this thread's scope, if there is one.
void log(LogLevel level, const std::string& message);

}  // namespace rwkvk
