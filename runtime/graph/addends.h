#pragma once
// Biases and residuals that products add themselves.

#include "runtime/graph/program.h"

namespace rwkvk {

/// The program with `activate` and `add` in the products that they alone read. Every result has the same
/// bits.
Program with_addends(Program program);

}  // namespace rwkvk
