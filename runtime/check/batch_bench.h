#pragma once
// Sequences that go on together: by plain feeding and drawing, and by an engine.

#include "runtime/session/context.h"

namespace rwkvk::check {

/// Tokens per second of `batch` sequences of `count` tokens each, fed together and drawn side by side.
double drawn_together_rate(Context& context, uint32_t count, uint32_t batch);

/// The same by as many requests of an engine on this context, texts and events included.
double engine_rate(Context& context, uint32_t count, uint32_t batch);

}  // namespace rwkvk::check
