#include "host/log.h"

namespace rwkvk {
namespace {
thread_local const LogSink* current = nullptr;
}  // namespace

LogScope::LogScope(const LogSink* sink) : previous_(current) { current = sink; }

LogScope::~LogScope() { current = previous_; }

void log(LogLevel level, const std::string& message) {
    if (current && *current) (*current)(level, message);
}

}  // namespace rwkvk
