#pragma once
// The vectorised matrix product: 16 outputs to a vector, so that every output keeps the order of its sum.

#include <cstddef>
#include <cstdint>

#include "runtime/catalogue/catalogue.h"
#include "runtime/cpu/instruction_sets.h"

namespace rwkvk::cpu {

/// Raw sums of `tiles` tiles of 16 outputs for `rows` rows. Shapes: weights [tiles][in][16] stored elements,
/// x [rows][in], totals [rows][tiles * 16].
struct LinearBlock {
    WeightFormat format;
    const std::byte* weights;
    const float* x;
    float* totals;
    uint32_t in, rows, tiles;
};

using LinearFunction = void (*)(const LinearBlock&);

/// One per instruction set that has code of its own.
void linear_baseline(const LinearBlock& block);
#if defined(__x86_64__)
void linear_avx2(const LinearBlock& block);
void linear_avx512(const LinearBlock& block);
#endif

/// The widest of those that the set has.
LinearFunction linear_of(InstructionSet set);

}  // namespace rwkvk::cpu
