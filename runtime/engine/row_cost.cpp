#include "runtime/engine/row_cost.h"

#include <algorithm>

namespace rwkvk::engine {
namespace {

constexpr double older = 0.95;  // what a step counts after the next one

}  // namespace

void RowCost::add(uint32_t rows, double seconds) {
    const double x = rows;
    for (double* const sum : {&weight_, &rows_, &seconds_, &rows_squared_, &product_}) *sum *= older;
    weight_ += 1;
    rows_ += x;
    seconds_ += seconds;
    rows_squared_ += x * x;
    product_ += x * seconds;
}

/// Of least squares; without rows that differ, or where more rows would take less time, through 0.
RowCost::Line RowCost::line() const {
    const double spread = weight_ * rows_squared_ - rows_ * rows_;
    if (spread > 1e-6 * rows_ * rows_) {
        const double slope = (weight_ * product_ - rows_ * seconds_) / spread;
        const double begin = (seconds_ - slope * rows_) / weight_;
        if (slope > 0 && begin > 0) return {begin, slope};
    }
    return {0, product_ / rows_squared_};
}

double RowCost::seconds(uint32_t rows) const {
    if (weight_ == 0) return 0;
    const auto [begin, slope] = line();
    return begin + slope * rows;
}

uint32_t RowCost::rows_within(double seconds, uint32_t most, uint32_t unknown) const {
    if (weight_ == 0) return std::clamp(unknown, 1u, most);
    const auto [begin, slope] = line();
    const double rows = (seconds - begin) / std::max(slope, 1e-12);
    return static_cast<uint32_t>(std::clamp(rows, 1.0, static_cast<double>(most)));
}

}  // namespace rwkvk::engine
