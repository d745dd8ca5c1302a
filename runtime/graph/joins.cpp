#include "runtime/graph/joins.h"

#include <algorithm>

#include "runtime/graph/phases.h"
#include "runtime/graph/uses.h"

namespace rwkvk {

std::vector<size_t> joins_of(const Program& program) {
    const std::vector<Step>& steps = program.steps;
    const Uses uses(program);
    const std::vector<uint32_t> phases = phases_of(program);
    std::vector<size_t> joins(steps.size(), no_step);
    for (size_t mix = 0; mix < steps.size(); ++mix) {
        if (steps[mix].op != Op::norm_mix) continue;
        const size_t maker = uses.maker[steps[mix].operands.front().tensor];
        if (maker == no_step || !multiplies(steps[maker].op)) continue;
        // It then runs beside all of the product's phase, and before the rest of its own.
        const auto is_in_the_way = [&](const Step& other) {
            const size_t i = static_cast<size_t>(&other - steps.data());
            return i != maker && i < mix && phases[i] >= phases[maker] && depends(steps[mix], other);
        };
        if (!std::ranges::any_of(steps, is_in_the_way)) joins[mix] = maker;
    }
    return joins;
}

}  // namespace rwkvk
