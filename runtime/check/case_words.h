#pragma once
// The contents of slots of cases, as bits.

#include <cstdint>
#include <vector>

#include "runtime/check/op_case.h"

namespace rwkvk::check {

/// Numbers with exponents from `low` to `high`. Every tenth is the negative of its neighbour, so that sums
/// cancel.
std::vector<uint32_t> numbers(Random& random, uint64_t count, int low = -12, int high = 11);

/// Distance between planes of so many elements, which leaves something between most.
uint32_t plane_stride(uint64_t elements);
/// Room for `planes` planes, the last of which ends where the slot does.
std::vector<uint32_t> planes_of(uint32_t planes, uint32_t stride, uint64_t elements);

/// Two sequences where there is room; each reads one entry and writes the other of its slot.
std::vector<uint32_t> shift_entries(uint32_t rows);

/// The table of sequences of these lengths, in slots that are in another order.
std::vector<uint32_t> sequence_table(const std::vector<uint32_t>& lengths);

struct HeadSize {
    uint32_t heads, size;
    std::vector<uint32_t> lengths;  // of sequences
};
std::vector<HeadSize> head_sizes(CaseSet set, uint32_t largest = 64);

}  // namespace rwkvk::check
