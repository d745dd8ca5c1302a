#pragma once
// What fused ops stand for: plain steps, which are their meaning on the CPU, what is looked for in programs
// (fusion.h), and what their kernels are compared with.

#include <array>
#include <span>
#include <vector>

#include "runtime/graph/program.h"

namespace rwkvk {

/// The plain steps of a fused op over its slots.
struct FusedSteps {
    Program program;
    std::vector<Operand> slots;  // one that these parameters have no use for is another one once more
};

struct FusedOp {
    Op op;
    /// One set of parameters for each way in which the steps can hang together, that of most steps first.
    /// Sizes are any. None where it is not looked for in programs (joins.h).
    std::vector<Params> wirings;
    FusedSteps (*steps)(const Params& params);
    /// The parameters with which `steps` makes the steps found, which hang together as those of `wiring` and
    /// are in the same order.
    Params (*parameters)(const Params& wiring, std::span<const Step* const> found);
};

/// Of head7: what the products that head7_up makes write, in the order of UP_... (params.h), and the other
/// slots.
inline constexpr std::array<size_t, UPS> slots_of_ups = {2, 7, 6, 8};
inline constexpr std::array<size_t, 9> slots_beside_ups = {0, 1, 3, 4, 5, 9, 10, 11, 12};

/// Whether a head with these parts (HEAD_...) has what the product makes.
constexpr bool has_up(uint32_t parts, uint32_t up) {
    return up == UP_V_AMOUNT ? (parts & HEAD_LERP) != 0 : up != UP_GATE || (parts & HEAD_GATE) != 0;
}

std::span<const FusedOp> fused_ops();

/// Null for a plain op.
const FusedOp* find_fused(Op op);

}  // namespace rwkvk
