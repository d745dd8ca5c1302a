#include "runtime/graph/fusion.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "runtime/graph/addends.h"
#include "runtime/graph/fused.h"
#include "runtime/graph/phases.h"
#include "runtime/graph/uses.h"

namespace rwkvk {
namespace {

bool same(const Operand& a, const Operand& b) { return a.tensor == b.tensor && a.plane == b.plane; }

/// Finds a fused op's steps in a program, from the last one backwards.
class Match {
  public:
    Match(const Program& program, const Uses& uses, const FusedSteps& pattern)
        : program_(program),
          pattern_(pattern),
          uses_(uses),
          pattern_uses_(pattern.program),
          found_(pattern.program.steps.size(), no_step) {}

    bool ends_with(size_t step) {
        std::ranges::fill(found_, no_step);
        slots_.clear();
        made_.clear();
        return find(found_.size() - 1, step) && std::ranges::count(found_, no_step) == 0 &&
               inner_stay_inside();
    }

    /// Numbers of the program's steps, in the order of the pattern's.
    const std::vector<size_t>& found() const { return found_; }

    /// The program's operand for a tensor of the pattern that is not a group of vectors.
    Operand operand(const Operand& of_pattern) const {
        if (const auto made = made_.find(of_pattern.tensor); made != made_.end()) return {made->second};
        return slots_.at({of_pattern.tensor, of_pattern.plane});
    }

  private:
    bool find(size_t want, size_t at) {
        if (found_[want] != no_step) return found_[want] == at;
        const Step& pattern = pattern_.program.steps[want];
        const Step& step = program_.steps[at];
        if (pattern.op != step.op) return false;
        found_[want] = at;
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            if (!unify(pattern.operands[slot], step.operands[slot])) return false;
        }
        return true;
    }

    bool unify(const Operand& pattern, const Operand& operand) {
        const size_t want = pattern_uses_.maker[pattern.tensor];
        if (want == no_step)
            return same(slots_.try_emplace({pattern.tensor, pattern.plane}, operand).first->second, operand);
        const size_t at = uses_.maker[operand.tensor];
        if (made_.try_emplace(pattern.tensor, operand.tensor).first->second != operand.tensor) return false;
        return at != no_step && pattern.plane == operand.plane && find(want, at);
    }

    /// What is made on the way and is not a result is read by nobody else.
    bool inner_stay_inside() const {
        return std::ranges::all_of(made_, [&](const auto& made) {
            const auto& [pattern, tensor] = made;
            const auto is_this = [&](const Operand& slot) { return slot.tensor == pattern; };
            if (std::ranges::any_of(pattern_.slots, is_this)) return true;
            const auto inside = [&](size_t reader) { return std::ranges::count(found_, reader) > 0; };
            return program_.tensors[tensor].kind == TensorKind::activation &&
                   std::ranges::all_of(uses_.readers[tensor], inside);
        });
    }

    const Program& program_;
    const FusedSteps& pattern_;
    const Uses& uses_;
    const Uses pattern_uses_;
    std::vector<size_t> found_;
    std::map<std::pair<uint32_t, uint32_t>, Operand> slots_;  // by tensor and plane of the pattern
    std::map<uint32_t, uint32_t> made_;                       // by tensor of the pattern
};

class Fuser {
  public:
    Fuser(const Program& program, const FusionLimits& limits)
        : program_(with_addends(program)), limits_(limits) {}

    Program make() {
        for (const FusedOp& op : fused_ops()) {
            for (const Params& wiring : op.wirings) fuse(op, wiring);
        }
        return in_phases(std::move(program_));
    }

  private:
    void fuse(const FusedOp& op, const Params& wiring) {
        const FusedSteps pattern = op.steps(wiring);
        Match match(program_, uses_, pattern);
        for (size_t last = 0; last < program_.steps.size(); ++last) {
            if (program_.steps[last].op != pattern.program.steps.back().op) continue;
            if (match.ends_with(last)) last = replace(op, wiring, pattern, match, last);
        }
    }

    /// Puts the fused step in the place of those found, where that is possible. Returns its number, or
    /// `last`.
    size_t replace(const FusedOp& op, const Params& wiring, const FusedSteps& pattern, const Match& match,
                   size_t last) {
        std::vector<const Step*> found;
        for (const size_t step : match.found()) found.push_back(&program_.steps[step]);
        const Params params = op.parameters(wiring, found);
        if (!allowed(op.op, params) || !are(found, op.steps(params).program.steps)) return last;

        std::vector<size_t> group = match.found();
        std::ranges::sort(group);
        Step step{op.op, found.back()->name, {}, params, {}};
        for (const size_t i : group) step.parts.push_back(program_.steps[i]);
        for (const Operand& slot : pattern.slots) {
            const std::optional<Operand> operand = operand_for(pattern, match, slot);
            if (!operand) return last;
            step.operands.push_back(*operand);
        }
        return put(std::move(step), group).value_or(last);
    }

    bool allowed(Op op, const Params& params) const {
        const auto head_is = [&](const auto& p) {
            return p.head_size <= limits_.largest_head &&
                   (!(p.parts & HEAD_ROUND) || p.head_size % ROUND_GROUP == 0);
        };
        if (op == Op::head6) return head_is(params.as<Head6Params>());
        if (op == Op::head7) return head_is(params.as<Head7Params>());
        return true;
    }

    static bool are(const std::vector<const Step*>& found, const std::vector<Step>& steps) {
        return std::ranges::equal(found, steps, [](const Step* a, const Step& b) {
            return std::ranges::equal(a->params.bytes(), b.params.bytes());
        });
    }

    std::optional<Operand> operand_for(const FusedSteps& pattern, const Match& match, const Operand& slot) {
        const Tensor& tensor = pattern.program.tensors[slot.tensor];
        if (tensor.kind != TensorKind::vector || tensor.planes == 1) return match.operand(slot);
        std::vector<uint32_t> vectors;
        for (uint32_t plane = 0; plane < tensor.planes; ++plane)
            vectors.push_back(match.operand({slot.tensor, plane}).tensor);
        return side_by_side(vectors);
    }

    /// Vectors of one width as one; nothing where they are made in different ways.
    std::optional<Operand> side_by_side(const std::vector<uint32_t>& tensors) {
        const auto request = [&](uint32_t tensor) -> const VectorRequest& {
            return program_.vectors[program_.tensors[tensor].index];
        };
        VectorRequest all = request(tensors.front());
        all.names.clear();
        Tensor tensor{"", TensorKind::vector, 0, 1, static_cast<uint32_t>(program_.vectors.size())};
        for (const uint32_t one : tensors) {
            const VectorRequest& next = request(one);
            if (next.width != all.width || next.change != all.change || next.repeat != all.repeat) return {};
            all.names.insert(all.names.end(), next.names.begin(), next.names.end());
            tensor.name += concat(tensor.name.empty() ? "" : "+", program_.tensors[one].name);
            tensor.width += program_.tensors[one].width;
        }
        program_.vectors.push_back(std::move(all));
        program_.tensors.push_back(std::move(tensor));
        return Operand{static_cast<uint32_t>(program_.tensors.size() - 1)};
    }

    /// In the place of the steps of the group. Those between them that wait for one of them come after, the
    /// others before; nothing where one of the group waits for one that waits.
    std::optional<size_t> put(Step fused, const std::vector<size_t>& group) {
        std::vector<size_t> before, after;
        size_t member = 0;
        for (size_t i = group.front(); i <= group.back(); ++i) {
            const auto waits = [&](size_t earlier) {
                return depends(program_.steps[i], program_.steps[earlier]);
            };
            const bool waits_for_later = std::ranges::any_of(after, waits);
            if (group[member] == i) {
                if (waits_for_later) return {};
                ++member;
            } else if (waits_for_later ||
                       std::any_of(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(member),
                                   waits)) {
                after.push_back(i);
            } else {
                before.push_back(i);
            }
        }
        std::vector<Step> between;
        for (const size_t i : before) between.push_back(std::move(program_.steps[i]));
        const size_t number = group.front() + between.size();
        between.push_back(std::move(fused));
        for (const size_t i : after) between.push_back(std::move(program_.steps[i]));
        const auto begin = program_.steps.begin() + static_cast<std::ptrdiff_t>(group.front());
        const auto end = program_.steps.begin() + static_cast<std::ptrdiff_t>(group.back()) + 1;
        program_.steps.erase(std::ranges::move(between, begin).out, end);
        uses_ = Uses(program_);
        return number;
    }

    Program program_;
    Uses uses_{program_};
    FusionLimits limits_;
};

}  // namespace

ModelPrograms fused(const ModelPrograms& programs, const FusionLimits& limits) {
    ModelPrograms result = programs;
    result.body = Fuser(programs.body, limits).make();
    result.head = Fuser(programs.head, limits).make();
    return result;
}

}  // namespace rwkvk
