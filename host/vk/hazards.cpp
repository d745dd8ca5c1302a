#include <algorithm>

#include "host/vk/recorder.h"

namespace rwkvk::vk {
namespace {

template <typename Range>
bool touches(const std::vector<Range>& ranges, const Binding& use) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
        return range.buffer == use.buffer && use.offset < range.end && range.begin < use.offset + use.bytes;
    });
}

bool reads(Access access) { return access != Access::write; }
bool writes(Access access) { return access != Access::read; }

}  // namespace

bool HazardTracker::conflicts(std::span<const Binding> uses) const {
    return std::any_of(uses.begin(), uses.end(), [this](const Binding& use) {
        if (use.bytes == 0) return false;
        return touches(writes_, use) || (writes(use.access) && touches(reads_, use));
    });
}

void HazardTracker::add(std::span<const Binding> uses) {
    for (const Binding& use : uses) {
        if (use.bytes == 0) continue;
        const Range range{use.buffer, use.offset, use.offset + use.bytes};
        if (reads(use.access)) reads_.push_back(range);
        if (writes(use.access)) writes_.push_back(range);
    }
}

void HazardTracker::clear() {
    reads_.clear();
    writes_.clear();
}

}  // namespace rwkvk::vk
