#pragma once

#include <array>
#include <cstdint>

#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

/// Rules for `root` behind each text::ReplyStart, in their order: what a model writes before its answer is
/// free, and what people do not get to see of it.
std::array<uint32_t, 4> add_reply_starts(Rules& rules, uint32_t root);

}  // namespace rwkvk::grammar
