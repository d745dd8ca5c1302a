#include "runtime/graph/phases.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rwkvk {
namespace {

/// The first phases in which a tensor may be read, and written once more.
struct Free {
    uint32_t to_read = 0, to_write = 0;
};

}  // namespace

std::vector<uint32_t> phases_of(const Program& program) {
    std::vector<Free> free(program.tensors.size());
    std::vector<uint32_t> phases;
    for (const Step& step : program.steps) {
        const std::string_view slots = info(step.op).slots;
        uint32_t phase = 0;
        for (size_t i = 0; i < slots.size(); ++i) {
            const Free& tensor = free[step.operands[i].tensor];
            phase = std::max(phase, slots[i] == 'r' ? tensor.to_read : tensor.to_write);
        }
        for (size_t i = 0; i < slots.size(); ++i) {
            Free& tensor = free[step.operands[i].tensor];
            tensor.to_write = std::max(tensor.to_write, phase + 1);
            if (slots[i] != 'r') tensor.to_read = phase + 1;
        }
        phases.push_back(phase);
    }
    return phases;
}

Program in_phases(Program program) {
    const std::vector<uint32_t> phases = phases_of(program);
    std::vector<size_t> order(phases.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](size_t step) { return std::pair(phases[step], step); });
    std::vector<Step> steps;
    for (const size_t step : order) steps.push_back(std::move(program.steps[step]));
    program.steps = std::move(steps);
    return program;
}

}  // namespace rwkvk
