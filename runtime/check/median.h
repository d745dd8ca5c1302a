#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rwkvk::check {

/// Of the seconds that `once` returns, `count` times after one that warms up.
template <typename Once>
double median(uint32_t count, const Once& once) {
    once();
    std::vector<double> seconds;
    for (uint32_t i = 0; i < count; ++i) seconds.push_back(once());
    std::ranges::sort(seconds);
    return seconds[seconds.size() / 2];
}

}  // namespace rwkvk::check
