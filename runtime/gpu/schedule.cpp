#include "runtime/gpu/schedule.h"

#include <algorithm>

namespace rwkvk::gpu {
namespace {

double rate(uint64_t cost, std::chrono::nanoseconds elapsed) {
    return static_cast<double>(cost) / std::max(1e-6, static_cast<double>(elapsed.count()) * 1e-9);
}

}  // namespace

double first_guess(vk::DeviceType type) {
    switch (type) {
        case vk::DeviceType::discrete:
            return 1e11;
        case vk::DeviceType::integrated:
        case vk::DeviceType::other:
            return 1e10;
        case vk::DeviceType::software:
            break;
    }
    return 1e9;
}

void Speed::measured(uint64_t cost, std::chrono::nanoseconds elapsed) {
    // Half of a move at a time: other programs share the device.
    per_second_ = (per_second_ + rate(cost, elapsed)) / 2;
}

void Speed::at_least(uint64_t cost, std::chrono::nanoseconds elapsed) {
    per_second_ = std::max(per_second_, rate(cost, elapsed));
}

std::vector<size_t> cut_by_cost(std::span<const uint64_t> costs, uint64_t max_cost) {
    std::vector<size_t> ends;
    uint64_t sum = 0;
    for (size_t i = 0; i < costs.size(); ++i) {
        if (i > 0 && sum + costs[i] > max_cost) {
            ends.push_back(i);
            sum = 0;
        }
        sum += costs[i];
    }
    if (!costs.empty()) ends.push_back(costs.size());
    return ends;
}

}  // namespace rwkvk::gpu
