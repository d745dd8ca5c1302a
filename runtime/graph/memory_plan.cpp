#include "runtime/graph/memory_plan.h"

#include <algorithm>

#include "runtime/graph/phases.h"

namespace rwkvk {
namespace {

constexpr uint64_t alignment = 256;

uint64_t aligned(uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

struct Lifetime {
    uint32_t first, last;  // phases, both inclusive
};

std::vector<Lifetime> lifetimes(const Program& program) {
    const std::vector<uint32_t> phases = phases_of(program);
    std::vector<Lifetime> result(program.tensors.size(), {UINT32_MAX, 0});
    for (size_t i = 0; i < phases.size(); ++i) {
        for (const Operand& operand : program.steps[i].operands) {
            result[operand.tensor].first = std::min(result[operand.tensor].first, phases[i]);
            result[operand.tensor].last = std::max(result[operand.tensor].last, phases[i]);
        }
    }
    return result;
}

struct Placed {
    uint64_t begin, end;
    Lifetime life;
};

/// The lowest offset at which `bytes` fit beside everything that lives at the same time.
uint64_t lowest_gap(const std::vector<Placed>& placed, Lifetime life, uint64_t bytes) {
    std::vector<std::pair<uint64_t, uint64_t>> taken;
    for (const Placed& other : placed) {
        if (other.life.first <= life.last && life.first <= other.life.last)
            taken.push_back({other.begin, other.end});
    }
    std::sort(taken.begin(), taken.end());
    uint64_t at = 0;
    for (const auto& [begin, end] : taken) {
        if (at + bytes <= begin) break;
        at = std::max(at, end);
    }
    return at;
}

}  // namespace

MemoryPlan plan_memory(const Program& program, uint32_t rows, bool keep_all) {
    MemoryPlan plan;
    plan.rows = plan.sequences = rows;
    plan.offsets.resize(program.tensors.size());
    plan.plane_bytes.resize(program.tensors.size());
    const std::vector<Lifetime> lives = lifetimes(program);
    std::vector<Placed> placed;
    for (size_t i = 0; i < program.tensors.size(); ++i) {
        const Tensor& tensor = program.tensors[i];
        plan.plane_bytes[i] = aligned(uint64_t{rows} * tensor.width * sizeof(float));
        const uint64_t bytes = plan.plane_bytes[i] * tensor.planes;
        if (tensor.kind == TensorKind::table) {
            plan.offsets[i] = plan.tables_bytes;
            plan.tables_bytes += bytes;
        } else if (tensor.kind == TensorKind::activation) {
            const uint64_t at = keep_all ? plan.arena_bytes : lowest_gap(placed, lives[i], bytes);
            placed.push_back({at, at + bytes, lives[i]});
            plan.offsets[i] = at;
            plan.arena_bytes = std::max(plan.arena_bytes, at + bytes);
        }
    }
    return plan;
}

Params params_of(const MemoryPlan& plan, const Step& step) {
    const auto stride = [&](const Operand& operand) {
        return static_cast<uint32_t>(plan.plane_bytes[operand.tensor] / sizeof(float));
    };
    Params params = step.params;
    params.set_rows(by_sequences(step.op) ? plan.sequences : plan.rows);
    if (step.op == Op::shift_mix || step.op == Op::shift_mix6) {
        auto mix = params.as<ShiftMixParams>();
        mix.plane_stride = stride(step.operands.back());
        params = mix;
    } else if (step.op == Op::round) {
        auto round = params.as<RoundParams>();
        round.x_stride = stride(step.operands[0]);
        round.y_stride = stride(step.operands[1]);
        params = round;
    }
    return params;
}

}  // namespace rwkvk
