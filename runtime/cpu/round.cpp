// The rounding of rows for matrices of blocks, from docs/NUMERICS.md.
#include "runtime/catalogue/rounding.h"
#include "runtime/cpu/call.h"

namespace rwkvk::cpu {

void run_round(const Call& call) {
    const auto p = call.params.as<RoundParams>();
    for (uint64_t row = 0; row < p.rows; ++row) {
        round_row(call.in(0) + row * p.groups * ROUND_GROUP, p.groups,
                  call.out(1) + row * rounded_width(p.groups));
    }
}

}  // namespace rwkvk::cpu
