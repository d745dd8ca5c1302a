// Fused programs: what becomes one step, and that it stands for exactly the plain steps.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "runtime/graph/fused.h"
#include "runtime/graph/fusion.h"
#include "runtime/graph/phases.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/layer_cost.h"

namespace rwkvk {
namespace {

constexpr FusionLimits usual{.largest_head = 64};

ModelPrograms programs_of(const std::string& spec) { return synthetic_model(spec)->programs(); }

std::map<Op, size_t> count_ops(const Program& program) {
    std::map<Op, size_t> counts;
    for (const Step& step : program.steps) ++counts[step.op];
    return counts;
}

TEST_CASE("a layer has as few steps and phases as this") {
    struct Layer {
        const char *version, *type;
        size_t steps, phases;
    };
    for (const Layer& layer : {Layer{"v4", "f16", 11, 8},
                               {"v5.2", "f16", 12, 8},
                               {"v6", "f16", 25, 12},
                               {"v7", "f16", 17, 8},
                               {"v7", "q8_0", 18, 9}}) {
        CAPTURE(concat(layer.version, " ", layer.type));
        const test::LayerCost cost =
            test::layer_cost(layer.version, layer.type,
                             [](const ModelPrograms& programs) { return fused(programs, usual).body; });
        CHECK(cost.steps == layer.steps);
        CHECK(cost.phases == layer.phases);
    }
}

TEST_CASE("heads that kernels cannot take stay plain") {
    for (const char* spec : {"v6:1x512x64:f16", "v7:1x512x64:f16"}) {
        const ModelPrograms plain = programs_of(spec);
        const auto with_heads_of_32 = count_ops(fused(plain, {.largest_head = 32}).body);
        CHECK(with_heads_of_32.contains(Op::head6) + with_heads_of_32.contains(Op::head7) == 0);
        const auto usual_heads = count_ops(fused(plain, usual).body);
        CHECK(usual_heads.contains(Op::head6) + usual_heads.contains(Op::head7) == 1);
    }
}

/// x -> norm -> shift_mix, and what else is made of the norm's result.
Program norm_and_mix(bool read_elsewhere, bool norm_is_carried) {
    Builder b("test");
    const Operand x = b.carried("x", 64), entries = b.table("shifts", 2);
    const Operand normed = b.norm("normed", x, b.vector("weight", 64), b.vector("bias", 64), 1, 1e-5f);
    const Operand y = b.shift_mix("y", normed, entries, b.vector("mixes", 64), b.state("shift", 64, 2));
    if (read_elsewhere) b.add("elsewhere", normed, x);
    if (norm_is_carried) b.carry(normed);
    b.carry(y);
    return b.finish();
}

TEST_CASE("what is read elsewhere is kept") {
    const auto only_step = [](bool read_elsewhere, bool norm_is_carried) {
        const ModelPrograms programs{norm_and_mix(read_elsewhere, norm_is_carried), {}, 64, 1};
        const Program body = fused(programs, usual).body;
        REQUIRE(body.steps.front().op == Op::norm_mix);
        return body.steps.front();
    };
    CHECK(only_step(false, false).params.as<NormMixParams>().keep == 0);
    for (const auto& [elsewhere, carried] : {std::pair{true, false}, {false, true}}) {
        const Step step = only_step(elsewhere, carried);
        CHECK(step.params.as<NormMixParams>().keep == 1);
        CHECK(step.operands.back().tensor == step.parts.front().operands.back().tensor);
    }
}

TEST_CASE("steps that would wait for the fused one and be waited for by it are left alone") {
    Builder b("test");
    const Operand x = b.carried("x", 64), entries = b.table("shifts", 2), mixes = b.vector("mixes", 64);
    const Operand state = b.state("shift", 64, 2);
    const Operand normed = b.norm("normed", x, b.vector("weight", 64), b.vector("bias", 64), 1, 1e-5f);
    // Overwrites the state between both, with what is made of the first.
    b.carry(b.shift_mix("first", b.add("twice", normed, normed), entries, mixes, state));
    b.carry(b.shift_mix("second", normed, entries, mixes, state));
    const ModelPrograms programs{b.finish(), {}, 64, 1};
    CHECK(count_ops(fused(programs, usual).body)[Op::norm_mix] == 0);
}

TEST_CASE("fused steps stand for the plain ones, each once") {
    for (const char* spec :
         {"v4:2x512x64:q8_0", "v5.0:2x512x64:f16", "v5.2:2x512x64:q4_k", "v6:2x512x64:q8_0",
          "v7:2x512x64:q8_0", "v7a:2x512x64:f16", "arwkv7:2x512x64:f16"}) {
        CAPTURE(spec);
        const Program plain = programs_of(spec).body, whole = fused(programs_of(spec), usual).body;
        std::map<std::string, size_t> names;
        size_t products_that_add = 0, steps = 0;
        for (const Step& step : whole.steps) {
            const std::vector<Step> parts = step.parts.empty() ? std::vector{step} : step.parts;
            for (const Step& part : parts) ++names[part.name];
            steps += parts.size();
            products_that_add += multiplies(step.op) && step.params.as<LinearParams>().addend != ADD_NOTHING;
        }
        for (const auto& [name, count] : names) CHECK(count == 1);
        CHECK(steps + products_that_add == plain.steps.size());
        for (size_t i = 0; i < plain.tensors.size(); ++i)
            CHECK(whole.tensors[i].name == plain.tensors[i].name);
    }
}

TEST_CASE("every wiring's parameters are read back from its own steps") {
    for (const FusedOp& op : fused_ops()) {
        for (const Params& wiring : op.wirings) {
            const FusedSteps made = op.steps(wiring);
            CHECK(made.slots.size() == info(op.op).slots.size());
            std::vector<const Step*> found;
            for (const Step& step : made.program.steps) found.push_back(&step);
            const FusedSteps again = op.steps(op.parameters(wiring, found));
            REQUIRE(again.program.steps.size() == found.size());
            for (size_t i = 0; i < found.size(); ++i) {
                INFO(info(op.op).name, ", step ", i);
                CHECK(std::ranges::equal(again.program.steps[i].params.bytes(), found[i]->params.bytes()));
            }
        }
    }
}

}  // namespace
}  // namespace rwkvk
