#pragma once
// Products whose kernel goes on with the norm_mix of what it made, where a run has one row: one dispatch and
// one wait fewer. Programs stay as they are.

#include <cstddef>
#include <vector>

#include "runtime/graph/program.h"

namespace rwkvk {

/// For every step the product that can do it at its end, or `no_step`.
std::vector<size_t> joins_of(const Program& program);

}  // namespace rwkvk
