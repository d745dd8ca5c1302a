#include "runtime/graph/joins.h"

#include <algorithm>
#include <optional>

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
        // It then runs beside all of the product's phase, and before the rest of its own.
        for (size_t i = 0; i < mix; ++i) {
            if (i != maker && phases_[i] >= phases_[maker] && depends(step, program_.steps[i]))
                return no_step;
        }
        return maker;
    }

    std::optional<HeadWithUps> ups_of(size_t head) const {
        const Step& step = program_.steps[head];
        if (step.op != Op::head7) return {};
        const uint32_t parts = step.params.as<Head7Params>().parts;
        HeadWithUps joined{head, {}};
        joined.ups.fill(no_step);
        constexpr std::array<size_t, UPS> slots = {2, 7, 6, 8};  // of what the products make
        for (uint32_t up = 0; up < UPS; ++up) {
            if (up == UP_V_AMOUNT && !(parts & HEAD_LERP)) continue;
            if (up == UP_GATE && !(parts & HEAD_GATE)) continue;
            const uint32_t tensor = step.operands[slots[up]].tensor;
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
        for (size_t i = 0; i < mix; ++i) {
            const bool between = i != norm && i != embed && phases_[i] >= phases_[embed];
            if (between && depends(step, program_.steps[i])) return {};
        }
        return EmbedAndMix{embed, norm, mix};
    }

  private:
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
