#pragma once
// Which steps of a program a device may run side by side: those of one phase. Between phases stands a
// barrier.

#include <cstdint>
#include <vector>

#include "runtime/graph/program.h"

namespace rwkvk {

/// The phase of every step, from 0: as early as what it reads allows, and after those who read what it
/// overwrites.
std::vector<uint32_t> phases_of(const Program& program);

/// The program with its steps in the order of their phases, otherwise as they were. Changes no result.
Program in_phases(Program program);

}  // namespace rwkvk
