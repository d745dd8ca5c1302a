#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "runtime/text/compact.h"

namespace rwkvk::text {

/// Of items in falling order of their keys, those with equal keys in rising order: the one at which the sum
/// of their weights passes a value. Nothing is sorted: the sum is found in bins of keys, then among the items
/// of that bin in narrower bins, until all keys are equal. key_of(item) is an unsigned integer,
/// weight_of(item) a uint64_t.
template <typename KeyOf, typename WeightOf>
class Selection {
  public:
    /// `left` is memory that stays for the next selection.
    Selection(const KeyOf& key_of, const WeightOf& weight_of, std::vector<uint32_t>& left)
        : key_of_(key_of), weight_of_(weight_of), left_(left) {}

    /// Of the items below `count`. `sum` is below the sum of all, which fits 64 bits.
    size_t find(size_t count, uint64_t sum) {
        const auto any = [](size_t place) { return place; };
        const auto left = [this](size_t place) { return size_t{left_[place]}; };
        sum_ = sum;
        Key differing = differing_bits(count, any);
        if (differing == 0) return walk(any);
        if (left_.size() < count) left_.resize(count);
        count = narrow(count, any, differing);
        while ((differing = differing_bits(count, left)) != 0) count = narrow(count, left, differing);
        return walk(left);
    }

  private:
    using Key = std::invoke_result_t<KeyOf, size_t>;
    static constexpr int bin_bits = 11;
    static constexpr uint32_t bins = 1u << bin_bits;

    template <typename ItemAt>
    Key differing_bits(size_t count, const ItemAt& item_at) const {
        const Key first = key_of_(item_at(0));
        Key differing = 0;
        for (size_t i = 0; i < count; ++i) differing |= key_of_(item_at(i)) ^ first;
        return differing;
    }

    /// Leaves the items of one bin, and what of the sum is not in front of them. Returns how many they are.
    template <typename ItemAt>
    size_t narrow(size_t count, const ItemAt& item_at, Key differing) {
        const int shift = std::max(0, static_cast<int>(std::bit_width(differing)) - bin_bits);
        const auto bin_of = [&](size_t place) {
            return static_cast<uint32_t>(key_of_(item_at(place)) >> shift) % bins;
        };
        std::array<uint64_t, bins> sums{};
        for (size_t i = 0; i < count; ++i) sums[bin_of(i)] += weight_of_(item_at(i));
        uint32_t bin = bins - 1;
        for (; sums[bin] <= sum_; --bin) sum_ -= sums[bin];
        return compact(
            count, [&](size_t place) { return bin_of(place) == bin; },
            [&](size_t from, size_t to) { left_[to] = static_cast<uint32_t>(item_at(from)); });
    }

    /// Among items with equal keys.
    template <typename ItemAt>
    size_t walk(const ItemAt& item_at) {
        size_t place = 0;
        for (; weight_of_(item_at(place)) <= sum_; ++place) sum_ -= weight_of_(item_at(place));
        return item_at(place);
    }

    const KeyOf& key_of_;
    const WeightOf& weight_of_;
    std::vector<uint32_t>& left_;
    uint64_t sum_ = 0;  // to be passed by those that are left
};

}  // namespace rwkvk::text
