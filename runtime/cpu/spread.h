#pragma once
// How the work of an op is spread over threads.

#include "runtime/cpu/call.h"

namespace rwkvk::cpu {

/// body(row) for every row; side by side where there is enough to do. `work`: values that a row reads or
/// makes, or what takes as long.
template <typename Body>
void for_rows(const Call& call, uint64_t rows, uint64_t work, const Body& body) {
    constexpr uint64_t worth_waking = 16384;  // some microseconds
    const auto all = [&](uint64_t begin, uint64_t end) {
        for (uint64_t row = begin; row < end; ++row) body(row);
    };
    if (rows * work < worth_waking) return all(0, rows);
    call.pool->parallel_for(rows, all);
}

/// For every head of every sequence of table 0, whose parameters are `p`, and there for every token in order:
/// body(row, first channel of the head, its matrix in slot `state_slot`). Heads run side by side: they are
/// independent, the tokens of a sequence are not.
template <typename HeadParams, typename Body>
void for_each_head_token(const Call& call, const HeadParams& p, size_t state_slot, const Body& body) {
    call.pool->parallel_for(uint64_t{p.rows} * p.heads, [&](uint64_t begin, uint64_t end) {
        for (uint64_t n = begin; n < end; ++n) {
            const uint32_t* sequence = call.table(0) + n / p.heads * 4;
            const uint64_t head = n % p.heads;
            float* state =
                call.out(state_slot) + (uint64_t{sequence[2]} * p.heads + head) * p.head_size * p.head_size;
            for (uint32_t t = 0; t < sequence[1]; ++t)
                body(uint64_t{sequence[0]} + t, head * p.head_size, state);
        }
    });
}

}  // namespace rwkvk::cpu
