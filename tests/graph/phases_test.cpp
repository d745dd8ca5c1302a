// Phases keep every order that a result depends on, and are few.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "runtime/graph/memory_plan.h"
#include "runtime/graph/phases.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/layer_cost.h"

namespace rwkvk {
namespace {

constexpr const char* versions[] = {"v4", "v5.0", "v5.1", "v5.2", "v6", "v7", "v7a", "rwkv6qwen2", "arwkv7"};

std::string spec(const char* version, const char* type) { return concat(version, ":3x512x64:", type); }

/// What a step sees of each of its tensors: which steps wrote it before, in order.
using Seen = std::map<std::string, std::vector<std::vector<std::string>>>;

Seen seen_by_steps(const Program& program) {
    std::map<uint32_t, std::vector<std::string>> writers;
    Seen seen;
    for (const Step& step : program.steps) {
        const std::string_view slots = info(step.op).slots;
        for (size_t i = 0; i < slots.size(); ++i) seen[step.name].push_back(writers[step.operands[i].tensor]);
        for (size_t i = 0; i < slots.size(); ++i) {
            if (slots[i] != 'r') writers[step.operands[i].tensor].push_back(step.name);
        }
    }
    return seen;
}

/// Whether two steps touch a tensor that one of them writes.
bool conflict(const Step& a, const Step& b) {
    for (size_t i = 0; i < a.operands.size(); ++i) {
        for (size_t j = 0; j < b.operands.size(); ++j) {
            const bool reads = info(a.op).slots[i] == 'r' && info(b.op).slots[j] == 'r';
            if (!reads && a.operands[i].tensor == b.operands[j].tensor) return true;
        }
    }
    return false;
}

TEST_CASE("every step sees what it saw in the order of the builder, and phases hold nothing that conflicts") {
    for (const char* version : versions) {
        for (const char* type : {"f16", "q4_k"}) {
            CAPTURE(version);
            const auto model = synthetic_model(spec(version, type));
            for (const Program* program : {&model->programs().body, &model->programs().head}) {
                const auto phases = phases_of(*program);
                CHECK(std::is_sorted(phases.begin(), phases.end()));
                CHECK(phases_of(in_phases(*program)) == phases);
                for (size_t a = 0; a < phases.size(); ++a) {
                    for (size_t b = a + 1; b < phases.size() && phases[b] == phases[a]; ++b)
                        CHECK_FALSE(conflict(program->steps[a], program->steps[b]));
                }
            }
        }
    }
}

TEST_CASE("in_phases changes no step's inputs") {
    Builder b("p");
    const Operand x = b.vector("x", 4), state = b.state("s", 4, 1);
    const Operand first = b.mul("first", x, x);
    const Operand second = b.mul("second", first, first);
    const Operand third = b.add("third", x, x);
    const Operand last = b.mul("last", second, third);
    b.mul("reads_state", last, state);
    const Program program = b.finish();
    const Program ordered = in_phases(program);
    REQUIRE(ordered.steps.size() == 5);
    CHECK(ordered.steps[0].name == "first");
    CHECK(ordered.steps[1].name == "third");
    CHECK(ordered.steps[2].name == "second");
    CHECK(seen_by_steps(ordered) == seen_by_steps(program));
    CHECK(phases_of(ordered) == std::vector<uint32_t>{0, 0, 1, 2, 3});
}

TEST_CASE("a state is read before or after it is written, as in the builder's order") {
    Builder b("p");
    const Operand x = b.table("x", 8), entries = b.table("entries", 2), mixes = b.vector("mixes", 8);
    const Operand state = b.state("s", 8, 2);
    b.add("before", state, x);
    b.shift_mix("mix", x, entries, mixes, state);
    b.add("after", state, x);
    CHECK(phases_of(b.finish()) == std::vector<uint32_t>{0, 1, 2});
}

TEST_CASE("a layer has as many phases as what waits for one another in it") {
    struct Layer {
        const char *version, *type;
        size_t steps, phases;
    };
    for (const Layer& layer : {Layer{"v4", "f16", 16, 13},
                               {"v5.2", "f16", 18, 14},
                               {"v6", "f16", 32, 19},
                               {"v7", "f16", 30, 17},
                               {"v7", "q8_0", 34, 20}}) {
        CAPTURE(concat(layer.version, " ", layer.type));
        const test::LayerCost cost = test::layer_cost(
            layer.version, layer.type, [](const ModelPrograms& programs) { return programs.body; });
        CHECK(cost.steps == layer.steps);
        CHECK(cost.phases == layer.phases);
    }
}

}  // namespace
}  // namespace rwkvk
