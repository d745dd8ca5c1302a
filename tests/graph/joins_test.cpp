// Which steps a product does at its end.
#include "runtime/graph/joins.h"

#include <doctest/doctest.h>

#include "runtime/graph/fusion.h"
#include "runtime/graph/memory_plan.h"
#include "runtime/graph/uses.h"
#include "runtime/synthetic/synthetic_model.h"

namespace rwkvk {
namespace {

struct Shape {
    bool product = true, between = false, state_elsewhere = false;
};

/// y = matrix x, or x + x; norm and mix of it; and what else there may be.
Program program_of(const Shape& shape) {
    Builder b("test");
    const Operand x = b.carried("x", 64), entries = b.table("shifts", 2);
    const Operand shift = b.state("shift", 64, 2), mixes = b.vector("mixes", 64);
    if (shape.state_elsewhere) b.carry(b.shift_mix("elsewhere", x, entries, mixes, shift));
    Operand y = shape.product ? b.linear("y", x, b.matrix("matrix", 64, 64)) : b.add("y", x, x);
    if (shape.between) y = b.add("later", y, b.mul("squares", y, y));
    const Operand normed = b.norm("normed", y, b.vector("weight", 64), b.vector("bias", 64), 1, 1e-5f);
    b.carry(b.shift_mix("mixed", normed, entries, mixes, shift));
    const ModelPrograms programs{b.finish(), {}, 64, 1};
    return fused(programs, {.largest_head = 64}).body;
}

size_t count_joins(const Program& program) {
    size_t count = 0;
    for (const size_t maker : joins_of(program).mixes) count += maker != no_step;
    return count;
}

TEST_CASE("a norm_mix is joined to the product it normalises, and to nothing else") {
    const Program program = program_of({});
    REQUIRE(program.steps.size() == 2);
    CHECK(joins_of(program).mixes == std::vector<size_t>{no_step, 0});
    CHECK(count_joins(program_of({.product = false})) == 0);
    CHECK(count_joins(program_of({.between = true})) == 0);
}

TEST_CASE("what waits for somebody else beside the product is not joined") {
    CHECK(count_joins(program_of({.state_elsewhere = true})) == 0);
}

TEST_CASE("a head is joined to the products that only it reads") {
    const Program body = fused(synthetic_model("v7:2x512x64:f16")->programs(), {.largest_head = 64}).body;
    const Joins joins = joins_of(body);
    REQUIRE(joins.heads.size() == 2);
    for (const HeadWithUps& joined : joins.heads) {
        CHECK(body.steps[joined.head].op == Op::head7);
        // The first layer's v is as it is.
        CHECK((joined.ups[UP_V_AMOUNT] == no_step) == (&joined == &joins.heads.front()));
    }
    const auto name = [&](uint32_t up) { return body.steps[joins.heads[1].ups[up]].name; };
    CHECK(name(UP_DECAY) == "blocks.1.att.w");
    CHECK(name(UP_RATE) == "blocks.1.att.a");
    CHECK(body.steps[joins.heads[1].ups[UP_V_AMOUNT]].operands[1].tensor ==
          static_cast<uint32_t>(find_tensor(body, "blocks.1.att.v2")));
    CHECK(body.steps[joins.heads[1].ups[UP_GATE]].operands[1].tensor ==
          static_cast<uint32_t>(find_tensor(body, "blocks.1.att.g2")));

    Program read_elsewhere = body;
    const size_t decay = joins.heads[1].ups[UP_DECAY];
    read_elsewhere.tensors[read_elsewhere.steps[decay].operands.back().tensor].kind = TensorKind::carried;
    CHECK(joins_of(read_elsewhere).heads.size() == 1);
}

TEST_CASE("the first norm_mix is joined to the embedding and its norm, where nobody else reads that") {
    const Program body = fused(synthetic_model("v6:2x64x64:f16")->programs(), {.largest_head = 64}).body;
    const Joins joins = joins_of(body);
    REQUIRE(joins.embeds.size() == 1);
    const auto [embed, norm, mix] = joins.embeds.front();
    CHECK((body.steps[embed].op == Op::embed && body.steps[norm].op == Op::norm));
    CHECK((body.steps[mix].op == Op::norm_mix && body.steps[mix].name.starts_with("blocks.0.att")));
    Program read_elsewhere = body;
    const uint32_t embedded = body.steps[embed].operands.back().tensor;
    read_elsewhere.steps.push_back(body.steps[norm]);
    read_elsewhere.steps.back().operands.front().tensor = embedded;
    CHECK(joins_of(read_elsewhere).embeds.empty());
}

TEST_CASE("what a joined step writes shares no memory with what its product's phase uses") {
    Builder b("test");
    const Operand x = b.carried("x", 64);
    const Operand wide = b.linear("wide", x, b.matrix("up", 128, 64));
    const Operand y = b.linear("y", wide, b.matrix("down", 64, 128));
    const Operand normed = b.norm("normed", y, b.vector("weight", 64), b.vector("bias", 64), 1, 1e-5f);
    const Operand mixed =
        b.shift_mix("mixed", normed, b.table("shifts", 2), b.vector("mixes", 64), b.state("shift", 64, 2));
    const Operand end = b.add("end", mixed, mixed);
    b.carry(end);
    const Program program = fused({b.finish(), {}, 64, 1}, {.largest_head = 64}).body;
    REQUIRE(count_joins(program) == 1);
    const MemoryPlan plan = plan_memory(program, 1, false);
    const auto span_of = [&](const Operand& tensor) {
        const uint64_t begin = plan.offsets[tensor.tensor];
        return std::pair(begin, begin + plan.plane_bytes[tensor.tensor]);
    };
    const auto [wide_begin, wide_end] = span_of(wide);
    const auto [begin, stop] = span_of(mixed);
    CHECK((stop <= wide_begin || wide_end <= begin));
}

}  // namespace
}  // namespace rwkvk
