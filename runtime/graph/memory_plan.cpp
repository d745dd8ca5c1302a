#include "runtime/graph/memory_plan.h"

#include <algorithm>
#include <map>

#include "runtime/graph/joins.h"
#include "runtime/graph/phases.h"
#include "runtime/graph/uses.h"

namespace rwkvk {
namespace {

constexpr uint64_t alignment = 256;

uint64_t aligned(uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

struct Lifetime {
    uint32_t first, last;  // phases, both inclusive
};

/// What steps that are joined need is there when the first of them runs and until the last has.
void lengthen_for_joins(const Program& program, const std::vector<uint32_t>& phases,
                        std::vector<Lifetime>& lives) {
    const auto lengthen = [&](size_t step, char letter, uint32_t phase) {
        const std::vector<Operand>& operands = program.steps[step].operands;
        for (size_t slot = 0; slot < operands.size(); ++slot) {
            if (info(program.steps[step].op).slots[slot] != letter) continue;
            Lifetime& life = lives[operands[slot].tensor];
            life = {std::min(life.first, phase), std::max(life.last, phase)};
        }
    };
    const Joins joins = joins_of(program);
    for (size_t step = 0; step < joins.mixes.size(); ++step) {
        if (joins.mixes[step] != no_step) lengthen(step, 'w', phases[joins.mixes[step]]);
    }
    for (const EmbedAndMix& joined : joins.embeds) {
        for (const size_t step : {joined.norm, joined.mix}) lengthen(step, 'w', phases[joined.embed]);
    }
    for (const HeadWithUps& joined : joins.heads) {
        for (const size_t up : joined.ups) {
            if (up != no_step) lengthen(up, 'r', phases[joined.head]);
        }
    }
}

std::vector<Lifetime> lifetimes(const Program& program, bool of_parts, bool joins) {
    const std::vector<uint32_t> phases = phases_of(program);
    std::vector<Lifetime> result(program.tensors.size(), {UINT32_MAX, 0});
    for (size_t i = 0; i < phases.size(); ++i) {
        const auto lives = [&](const Operand& operand) {
            result[operand.tensor].first = std::min(result[operand.tensor].first, phases[i]);
            result[operand.tensor].last = std::max(result[operand.tensor].last, phases[i]);
        };
        std::ranges::for_each(program.steps[i].operands, lives);
        if (!of_parts) continue;
        for (const Step& part : program.steps[i].parts) std::ranges::for_each(part.operands, lives);
    }
    if (joins) lengthen_for_joins(program, phases, result);
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

/// Tensors that lie side by side, and from when to when one of them is needed.
struct Group {
    std::vector<uint32_t> tensors;
    Lifetime life;
};

/// The activations that steps use. What products of one phase make is a group, so that they can share a
/// dispatch, which binds all from the first to the last; every other tensor is one of its own.
std::vector<Group> groups_of(const Program& program, bool of_parts, bool joins) {
    const std::vector<Lifetime> lives = lifetimes(program, of_parts, joins);
    std::vector<bool> by_product(program.tensors.size());
    for (const Step& step : program.steps) {
        if (multiplies(step.op)) by_product[step.operands.back().tensor] = true;
    }
    std::vector<Group> groups;
    std::map<uint32_t, size_t> of_phase;
    for (uint32_t i = 0; i < program.tensors.size(); ++i) {
        const Lifetime& life = lives[i];
        if (program.tensors[i].kind != TensorKind::activation || life.first > life.last) continue;
        const size_t next = groups.size();
        const size_t number = by_product[i] ? of_phase.try_emplace(life.first, next).first->second : next;
        if (number == next) groups.push_back({{}, life});
        groups[number].tensors.push_back(i);
        groups[number].life.last = std::max(groups[number].life.last, life.last);
    }
    return groups;
}

}  // namespace

MemoryPlan plan_memory(const Program& program, uint32_t rows, bool keep_all, bool of_parts) {
    MemoryPlan plan;
    plan.rows = plan.sequences = rows;
    plan.offsets.resize(program.tensors.size());
    const auto bytes_of = [&](uint32_t tensor) {
        return plan.plane_bytes[tensor] * program.tensors[tensor].planes;
    };
    for (uint32_t i = 0; i < program.tensors.size(); ++i) {
        plan.plane_bytes.push_back(aligned(uint64_t{rows} * program.tensors[i].width * sizeof(float)));
        if (program.tensors[i].kind != TensorKind::table) continue;
        plan.offsets[i] = plan.tables_bytes;
        plan.tables_bytes += bytes_of(i);
    }
    std::vector<Placed> placed;
    for (const Group& group : groups_of(program, of_parts, rows == 1)) {
        uint64_t bytes = 0;
        for (const uint32_t tensor : group.tensors) bytes += bytes_of(tensor);
        uint64_t at = keep_all ? plan.arena_bytes : lowest_gap(placed, group.life, bytes);
        placed.push_back({at, at + bytes, group.life});
        for (const uint32_t tensor : group.tensors) {
            plan.offsets[tensor] = at;
            at += bytes_of(tensor);
        }
        plan.arena_bytes = std::max(plan.arena_bytes, at);
    }
    return plan;
}

Params with_strides(const Step& step, const std::function<uint32_t(const Operand&)>& stride) {
    switch (step.op) {
        case Op::shift_mix:
        case Op::shift_mix6: {
            auto p = step.params.as<ShiftMixParams>();
            p.plane_stride = stride(step.operands.back());
            return p;
        }
        case Op::round: {
            auto p = step.params.as<RoundParams>();
            p.x_stride = stride(step.operands[0]);
            p.y_stride = stride(step.operands[1]);
            return p;
        }
        case Op::norm_mix: {
            auto p = step.params.as<NormMixParams>();
            p.y_stride = stride(step.operands[5]);
            p.rounded_stride = stride(step.operands[6]);
            return p;
        }
        default:
            return step.params;
    }
}

Params params_of(const MemoryPlan& plan, const Step& step) {
    Params params = with_strides(step, [&](const Operand& operand) {
        return static_cast<uint32_t>(plan.plane_bytes[operand.tensor] / sizeof(float));
    });
    params.set_rows(by_sequences(step.op) ? plan.sequences : plan.rows);
    return params;
}

}  // namespace rwkvk
