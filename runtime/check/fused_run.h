#pragma once
// Fused ops on the CPU: the plain steps that they stand for, one after the other.

#include "runtime/check/op_run.h"

namespace rwkvk::check {

/// Runs the steps of a case's op over its slots.
void run_parts(const OpCase& c, Slots& slots, ThreadPool& pool, cpu::InstructionSet set);

}  // namespace rwkvk::check
