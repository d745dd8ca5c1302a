#pragma once
// Stored weights and their exact values.

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

/// Exact values of stored elements. Shapes: `stored` [values.size()] elements in `format`, whole blocks.
void decode(WeightFormat format, const std::byte* stored, std::span<float> values);

/// Stored elements nearest to `values` (ties to even), or blocks with a small error. `stored` has room for
/// them; `values` are finite and whole blocks. The same bits on every machine.
void encode(WeightFormat format, std::span<const float> values, std::byte* stored);

/// Makes stored elements fit for exact arithmetic: those below 2^-50 in magnitude become 0 (f16 has none, nor
/// have blocks, whose values are multiples of 2^-24). Returns the index of the first element that is NaN or
/// infinite, or of its block, or -1.
int64_t settle_stored(WeightFormat format, std::byte* stored, uint64_t count);

/// Multiplies stored elements, or the scales of blocks, by 2^exponent: exact, since it makes nothing smaller.
/// Returns the index of the first element, or of its block, that leaves the range of its type, or -1.
int64_t scale_stored(WeightFormat format, std::byte* stored, uint64_t count, uint32_t exponent);

}  // namespace rwkvk
