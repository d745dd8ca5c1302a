#include "host/log.h"

#include <mutex>
#include <utility>

namespace rwkvk {
namespace {
LogSink sink_;
std::mutex mutex_;
}  // namespace

void set_log_sink(LogSink sink) { sink_ = std::move(sink); }

void log(LogLevel level, const std::string& message) {
    std::scoped_lock lock(mutex_);
    if (sink_) sink_(level, message);
}

}  // namespace rwkvk
