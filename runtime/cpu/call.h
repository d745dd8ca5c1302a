#pragma once
// The CPU reference: one function per op, written from docs/NUMERICS.md.

#include <array>
#include <cstddef>

#include "host/thread_pool.h"
#include "runtime/catalogue/catalogue.h"
#include "runtime/cpu/instruction_sets.h"
#include "runtime/cpu/matrix.h"
#include "runtime/cpu/vector_ops.h"

namespace rwkvk::cpu {

/// One step to run: its parameters and where its tensors are, in the order of the op's slots.
struct Call {
    Params params;
    std::array<std::byte*, 16> slots{};
    const Matrix* matrix = nullptr;  // of the op's matrix slot
    ThreadPool* pool = nullptr;
    InstructionSet set = chosen_set();

    const VectorOps& ops() const { return vector_ops(set); }
    const float* in(size_t slot) const { return reinterpret_cast<const float*>(slots[slot]); }
    const uint32_t* table(size_t slot) const { return reinterpret_cast<const uint32_t*>(slots[slot]); }
    float* out(size_t slot) const { return reinterpret_cast<float*>(slots[slot]); }
};

// A function per row of ops.def: a forgotten one does not link.
#define OP(name, slots, parameters, work) void run_##name(const Call& call);
#define FUSED(name, slots, parameters, work)
#define DEVICE(name, slots, parameters, work)
#include "runtime/catalogue/ops.def"
#undef OP

/// Of an op that has such a function.
void run(Op op, const Call& call);

/// The matrix product as plain loops: what the vectorised `run_linear` must equal, bit for bit.
void run_linear_plain(const Call& call);
/// The same for matrices of blocks, whose layout is `rows` here.
void run_linear_blocks_plain(const Call& call);

/// What both make of a total, by plain code.
void store_total(const Call& call, const LinearParams& p, float total, uint64_t row, uint32_t output);

/// The activations of params.h; x is settled, the result is not yet.
float activate(uint32_t activation, float x);

}  // namespace rwkvk::cpu
