#include "runtime/graph/progress.h"

#include <algorithm>
#include <limits>

#include "host/error.h"

namespace rwkvk {
namespace {

constexpr uint64_t calls = 200;  // between 0 and 1

}  // namespace

ProgressMeter::ProgressMeter(Progress progress, uint64_t total_bytes)
    : progress_(std::move(progress)), total_(total_bytes) {
    tell(0);
}

void ProgressMeter::add(uint64_t bytes) {
    done_ += bytes;
    if (done_ >= total_ || done_ * calls / total_ == told_) return;
    told_ = done_ * calls / total_;
    tell(static_cast<double>(done_) / static_cast<double>(total_));
}

void ProgressMeter::finish() { tell(1); }

uint64_t ProgressMeter::step_bytes() const {
    if (!progress_) return std::numeric_limits<uint64_t>::max();
    return std::max<uint64_t>(total_ / 100, 64 << 10);
}

void ProgressMeter::tell(double fraction) {
    if (progress_ && !progress_(fraction)) throw Error(Code::cancelled, "loading was cancelled");
}

}  // namespace rwkvk
