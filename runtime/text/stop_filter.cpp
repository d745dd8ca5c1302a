#include "runtime/text/stop_filter.h"

#include <algorithm>

namespace rwkvk::text {

void StopFilter::read(uint8_t byte) {
    held_ += static_cast<char>(byte);
    ++bytes_read_;
    node_ = automaton_.step(node_, byte);
    const int32_t match = automaton_.match(node_);
    if (match == StopAutomaton::none) return;
    const uint64_t start = bytes_read_ - automaton_.length(match);
    // A later match that begins in the same place is a longer one.
    if (!found_ || start <= found_->bytes_before) found_ = {static_cast<size_t>(match), start};
}

/// Whether no string can still be found that begins before the one that was, or there and is longer.
bool StopFilter::is_decided() const {
    if (!found_) return false;
    const uint64_t earliest = bytes_read_ - automaton_.depth(node_);
    return earliest > found_->bytes_before ||
           (earliest == found_->bytes_before && !automaton_.goes_on(node_));
}

std::string StopFilter::take_before(uint64_t position) {
    const size_t count = held_.size() - static_cast<size_t>(bytes_read_ - position);
    std::string taken = held_.substr(0, count);
    held_.erase(0, count);
    return taken;
}

std::string StopFilter::push(std::string_view bytes) {
    if (stopped_) return {};
    for (const char byte : bytes) {
        read(static_cast<uint8_t>(byte));
        if (is_decided()) return finish();
    }
    const uint64_t earliest = bytes_read_ - automaton_.depth(node_);
    return take_before(found_ ? std::min(earliest, found_->bytes_before) : earliest);
}

std::string StopFilter::finish() {
    if (stopped_) return {};
    stopped_ = found_.has_value();
    std::string last = take_before(found_ ? found_->bytes_before : bytes_read_);
    held_.clear();
    node_ = StopAutomaton::root;
    return last;
}

}  // namespace rwkvk::text
