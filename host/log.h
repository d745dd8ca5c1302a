#pragma once
// Diagnostics. The library prints nothing by itself: messages go to one sink that the program sets.

#include <functional>
#include <string>

namespace rwkvk {

enum class LogLevel { debug, info, warning, error };

using LogSink = std::function<void(LogLevel, const std::string& message)>;

/// Replaces the sink; an empty one drops messages (the default). Not thread-safe: set it before other calls.
void set_log_sink(LogSink sink);

/// Sends one line, without a line end, to the sink. Thread-safe.
void log(LogLevel level, const std::string& message);

}  // namespace rwkvk
