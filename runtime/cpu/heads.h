#pragma once
// What the recurrences over matrices have in common: heads are independent, the tokens of a sequence are not.

#include <vector>

#include "runtime/cpu/call.h"

namespace rwkvk::cpu {

/// For every head of every sequence of table 0, whose parameters are `p`, and there for every token in order:
/// body(row, first channel of the head, its matrix in slot `state_slot`, scratch). Heads run side by side.
template <typename HeadParams, typename Body>
void for_each_head_token(const Call& call, const HeadParams& p, size_t state_slot, const Body& body) {
    call.pool->parallel_for(uint64_t{p.rows} * p.heads, [&](uint64_t begin, uint64_t end) {
        std::vector<float> scratch;
        for (uint64_t n = begin; n < end; ++n) {
            const uint32_t* sequence = call.table(0) + n / p.heads * 4;
            const uint64_t head = n % p.heads;
            float* state =
                call.out(state_slot) + (uint64_t{sequence[2]} * p.heads + head) * p.head_size * p.head_size;
            for (uint32_t t = 0; t < sequence[1]; ++t)
                body(uint64_t{sequence[0]} + t, head * p.head_size, state, scratch);
        }
    });
}

}  // namespace rwkvk::cpu
