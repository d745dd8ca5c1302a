#pragma once
// What fused ops stand for: plain steps, which are their meaning on the CPU, what is looked for in programs
// (fusion.h), and what their kernels are compared with.

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

std::span<const FusedOp> fused_ops();

/// Null for a plain op.
const FusedOp* find_fused(Op op);

}  // namespace rwkvk
