#pragma once
// Matrix tiles of bytes (AMX-INT8) on processors without them: their instructions end in SIGILL, whose
// handler computes what they would. So the very instructions of the program are tried, on any x86-64 Linux
// with AVX-512.

#include <vector>

#include "runtime/cpu/instruction_sets.h"

namespace rwkvk {

/// The processor's instruction sets, and amx_int8 by emulation where its code needs nothing else that is
/// missing.
std::vector<cpu::InstructionSet> sets_to_test();

}  // namespace rwkvk
