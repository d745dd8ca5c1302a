#include "host/finite.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace rwkvk {
namespace {

constexpr uint32_t infinity = 0x7f800000u;

uint32_t magnitude(float x) { return std::bit_cast<uint32_t>(x) & 0x7fffffffu; }

}  // namespace

size_t find_not_finite(std::span<const float> values) {
    uint32_t largest = 0;  // to its end, so that the loop vectorises: there is hardly ever one
    for (const float value : values) largest = std::max(largest, magnitude(value));
    if (largest < infinity) return values.size();
    return static_cast<size_t>(
        std::ranges::find_if(values, [](float x) { return magnitude(x) >= infinity; }) - values.begin());
}

}  // namespace rwkvk
