#include "runtime/graph/progress.h"

#include <algorithm>
#include <limits>

#include "host/error.h"

namespace rwkvk {

ProgressMeter::ProgressMeter(Progress progress, uint64_t total_bytes)
    : progress_(std::move(progress)), total_(total_bytes) {
    tell(0);
}

void ProgressMeter::add(uint64_t bytes) {
    done_ += bytes;
    if (total_ == 0) return;
    const double fraction = static_cast<double>(done_) / static_cast<double>(total_);
    if (fraction < 1 && fraction >= told_ + 0.005) tell(fraction);
}

void ProgressMeter::finish() {
    if (told_ < 1) tell(1);
}

uint64_t ProgressMeter::step_bytes() const {
    if (!progress_) return std::numeric_limits<uint64_t>::max();
    return std::max<uint64_t>(total_ / 100, 64 << 10);
}

void ProgressMeter::tell(double fraction) {
    told_ = fraction;
    if (progress_ && !progress_(fraction)) throw Error(Code::cancelled, "loading was cancelled");
}

}  // namespace rwkvk
