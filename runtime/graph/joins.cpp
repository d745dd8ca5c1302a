#include "runtime/graph/joins.h"

#include <algorithm>
#include <optional>

#include "runtime/graph/fused.h"
#include "runtime/graph/phases.h"
#include "runtime/graph/uses.h"

namespace rwkvk {
namespace {

class Finder {
  public:
    explicit Finder(const Program& program)
        : program_(program), uses_(program), phases_(phases_of(program)) {}

    /// The product at whose end the step can be done.
    size_t product_before(size_t mix) const {
        const Step& step = program_.steps[mix];
        if (step.op != Op::norm_mix) return no_step;
        const size_t maker = uses_.maker[step.operands.front().tensor];
        if (maker == no_step || !multiplies(program_.steps[maker].op) ||
            program_.steps[maker].params.as<LinearParams>().activation != ACT_NONE)
            return no_step;
        return waits_for_others(mix, {maker}) ? no_step : maker;
    }

    std::optional<HeadWithUps> ups_of(size_t head) const {
        const Step& step = program_.steps[head];
        if (step.op != Op::head7) return {};
        const uint32_t parts = step.params.as<Head7Params>().parts;
        HeadWithUps joined{head, {}};
        joined.ups.fill(no_step);
        for (uint32_t up = 0; up < UPS; ++up) {
            if (!has_up(parts, up)) continue;
            const uint32_t tensor = step.operands[slots_of_ups[up]].tensor;
            const size_t maker = uses_.maker[tensor];
            if (maker == no_step || program_.steps[maker].op != Op::linear) return {};
            const bool adds_rows = program_.steps[maker].params.as<LinearParams>().addend == ADD_ROWS;
            const bool read_elsewhere = uses_.readers[tensor] != std::vector{head} ||
                                        program_.tensors[tensor].kind != TensorKind::activation;
            if (adds_rows || read_elsewhere) return {};
            joined.ups[up] = maker;
        }
        return joined;
    }

    /// The row above, of which a norm_mix needs the norm, is not there in a run of one row.
    std::optional<EmbedAndMix> embed_before(size_t mix) const {
        const Step& step = program_.steps[mix];
        if (step.op != Op::norm_mix) return {};
        const size_t norm = uses_.maker[step.operands.front().tensor];
        if (norm == no_step || program_.steps[norm].op != Op::norm) return {};
        const uint32_t embedded = program_.steps[norm].operands.front().tensor;
        const size_t embed = uses_.maker[embedded];
        if (embed == no_step || program_.steps[embed].op != Op::embed) return {};
        const auto p = program_.steps[norm].params.as<NormParams>();
        if (p.groups != 1 || uses_.readers[embedded] != std::vector{norm}) return {};
        if (waits_for_others(mix, {embed, norm})) return {};
        return EmbedAndMix{embed, norm, mix};
    }

  private:
    /// Joined to these, a step runs in the phase of the first: beside all of it, before the rest of its own.
    bool waits_for_others(size_t step, const std::vector<size_t>& joined) const {
        for (size_t i = 0; i < step; ++i) {
            const bool other = std::ranges::count(joined, i) == 0;
            if (other && phases_[i] >= phases_[joined.front()] &&
                depends(program_.steps[step], program_.steps[i]))
                return true;
        }
        return false;
    }

    const Program& program_;
    const Uses uses_;
    const std::vector<uint32_t> phases_;
};

}  // namespace

Joins joins_of(const Program& program) {
    const Finder finder(program);
    Joins joins;
    for (size_t step = 0; step < program.steps.size(); ++step) {
        joins.mixes.push_back(finder.product_before(step));
        if (const auto head = finder.ups_of(step)) joins.heads.push_back(*head);
        if (const auto embed = finder.embed_before(step)) joins.embeds.push_back(*embed);
    }
    return joins;
}

Joins no_joins(const Program& program) { return {std::vector(program.steps.size(), no_step), {}, {}}; }

}  // namespace rwkvk
