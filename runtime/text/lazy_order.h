#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "host/error.h"

namespace rwkvk::text {

/// Values in falling order, sorted only as far as asked for: sampling rarely looks beyond the first few of
/// tens of thousands.
template <typename Value>
class LazyOrder {
  public:
    explicit LazyOrder(std::vector<Value> values) : values_(std::move(values)) {
        if (values_.empty()) return;
        std::iter_swap(values_.begin(), std::max_element(values_.begin(), values_.end()));
        sorted_ = 1;
    }

    size_t size() const { return values_.size(); }
    /// The one in this place; before sort_first has come so far, any of those that belong further back.
    const Value& operator[](size_t place) const { return values_[place]; }

    /// Puts the first `count` in their places, for good.
    void sort_first(size_t count) {
        constexpr size_t first_batch = 256, growth = 4;
        RWKVK_ASSERT(count <= values_.size());
        if (count <= sorted_) return;
        const size_t next = std::min(values_.size(), std::max({first_batch, growth * sorted_, count}));
        const auto begin = values_.begin() + static_cast<ptrdiff_t>(sorted_);
        const auto end = values_.begin() + static_cast<ptrdiff_t>(next);
        std::nth_element(begin, end - 1, values_.end(), std::greater<>());
        std::sort(begin, end, std::greater<>());
        sorted_ = next;
    }

    /// Drops all but the first `count`.
    void keep_first(size_t count) {
        if (count >= values_.size()) return;
        sort_first(count);
        values_.erase(values_.begin() + static_cast<ptrdiff_t>(count), values_.end());
        sorted_ = std::min(sorted_, count);
    }

  private:
    std::vector<Value> values_;
    size_t sorted_ = 0;
};

}  // namespace rwkvk::text
