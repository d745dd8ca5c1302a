#pragma once

#include <cstddef>
#include <span>

namespace rwkvk {

/// Where the first NaN or infinity is; values.size() without one.
size_t find_not_finite(std::span<const float> values);

}  // namespace rwkvk
