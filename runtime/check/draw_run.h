#pragma once
// What devices do to draw a token, done by the sampler of the CPU.

#include "runtime/check/op_run.h"

namespace rwkvk::check {

/// Of a case whose op draws tokens: does it over the slots.
void run_draw(const OpCase& c, Slots& slots);

}  // namespace rwkvk::check
