#pragma once
// Cutting a list of dispatches into submissions that end within a time budget, from measured speed.

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "host/vk/facts.h"

namespace rwkvk::gpu {

/// What the slower ones of a kind do: too many submissions cost little, one too long kills the device.
double first_guess(vk::DeviceType type);

/// Milliseconds of the longest piece where programs are run in pieces. What a piece costs beside its work is a
/// fifth of a millisecond on software devices.
constexpr double piece_ms(vk::DeviceType type) { return type == vk::DeviceType::software ? 1 : 0.25; }

/// What a device was seen to do per second, in the units of Dispatch::cost.
class Speed {
  public:
    explicit Speed(vk::DeviceType type) : per_second_(first_guess(type)) {}
    uint64_t cost_within(double milliseconds) const {
        return static_cast<uint64_t>(per_second_ * milliseconds / 1000);
    }
    double seconds(uint64_t cost) const { return static_cast<double>(cost) / per_second_; }
    void measured(uint64_t cost, std::chrono::nanoseconds elapsed);
    /// Of a run whose time holds more than its work.
    void at_least(uint64_t cost, std::chrono::nanoseconds elapsed);

  private:
    double per_second_;
};

/// Ends (exclusive) of consecutive pieces whose costs add up to at most `max_cost`, each at least one long.
std::vector<size_t> cut_by_cost(std::span<const uint64_t> costs, uint64_t max_cost);

/// Whether what was cut for one budget should be cut anew for another.
constexpr bool is_stale(uint64_t cut_for, uint64_t budget, uint64_t factor = 2) {
    return budget > factor * cut_for || factor * budget < cut_for;
}

}  // namespace rwkvk::gpu
