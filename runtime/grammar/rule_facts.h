#pragma once
// What can be said of rules before they are automata.

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

struct RuleFacts {
    std::vector<uint32_t> called;     // rules that the starts call, and they themselves; callees first
    std::vector<bool> is_productive;  // some text is complete
    std::vector<bool> is_nullable;    // the empty one is
};

/// Errors: Code::bad_argument for a rule of these that is not defined.
RuleFacts facts_of(const Rules& rules, std::span<const uint32_t> starts);

}  // namespace rwkvk::grammar
